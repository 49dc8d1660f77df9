"""Trading rules of instruments: saved responses of exchanges, and the catalogue file that they are imported into."""

from adapters.instruments.catalogue_file import read_catalogue, write_catalogue
from adapters.instruments.responses import Imported, read_response

__all__ = ["Imported", "read_catalogue", "read_response", "write_catalogue"]

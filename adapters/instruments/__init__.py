"""Trading rules of instruments: saved responses of exchanges, and the catalogue file that they are imported into."""

from adapters.instruments.catalogue_file import read_catalogue, write_catalogue
from adapters.instruments.responses import Imported, imported, read_response

__all__ = ["Imported", "imported", "read_catalogue", "read_response", "write_catalogue"]

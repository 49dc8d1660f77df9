"""Small inputs of users, each with its right result. A folder holds the files of one case."""

"""Reads and checks a pack, the folder that holds everything a place decides, into frozen objects."""

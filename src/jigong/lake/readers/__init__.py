"""Readers: one kind of source each, all giving the same thing: text cells with the line they stand on."""

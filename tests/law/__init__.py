"""The law of less data: less data never turns yes into no, or no into yes."""

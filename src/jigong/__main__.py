"""``python -m jigong``: the same as the command ``jigong``."""

from jigong.cli import main

main()

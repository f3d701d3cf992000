"""The command line: the only place that wires the rooms together and reads the clock."""


def main() -> None:
    """The command, loaded when it is called."""
    from jigong.cli.main import main as run

    run()


__all__ = ["main"]

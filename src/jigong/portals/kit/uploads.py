"""Uploads with a limit: what is too large is read to its end without being kept, so that the browser hears why."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from jigong.kernel.problems import JigongError, error

MEGABYTE = 1024 * 1024
_PATIENCE = 200 * MEGABYTE
"""So much is still read to its end; beyond it the connection is closed at once."""
_UNSAFE = re.compile(r"[^\w.\-()（）]+")

View = Callable[..., HttpResponse]


class _Quota(FileUploadHandler):
    """Stops an upload that grows beyond ``most`` bytes."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self._most = most
        self._seen = 0
        self.exceeded = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and let the next handler keep it."""
        self._seen += len(raw_data)
        if self._seen > self._most:
            self.exceeded = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Keeping the file is the next handler's work."""
        return None


def limited(megabytes: int) -> Callable[[View], View]:
    """A view whose form may send files of so many megabytes; more gives a page that says so (413)."""

    def mark(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            most = megabytes * MEGABYTE
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdigit() or int(length) > max(_PATIENCE, most):
                return _too_large(request, megabytes)
            quota = _Quota(request, most)
            # Before the form is read for its token: handlers cannot be added afterwards.
            request.upload_handlers.insert(0, quota)

            @csrf_protect
            def within(request: HttpRequest) -> HttpResponse:
                # Asking for the files reads the form, if looking for its token has not.
                if not request.FILES and quota.exceeded:
                    return _too_large(request, megabytes)
                return view(request, *args, **kwargs)

            return within(request)

        return checked

    return mark


def _too_large(request: HttpRequest, megabytes: int) -> HttpResponse:
    problem = error(
        f"文件超过 {megabytes} MB，没有接收",
        f"the file is larger than {megabytes} MB and was not taken",
        remedy=("分成几个文件报送；每个都带表头", "send it in several files, each with its header"),
    ).problems
    return render(request, "kit/problem.html", {"problems": problem}, status=413)


def sent_file(request: HttpRequest, name: str = "file") -> "UploadedFile[Any]":
    """The file of a form.

    Raises:
        JigongError: none was chosen, or it is empty.
    """
    found = request.FILES.get(name)
    if not isinstance(found, UploadedFile) or not found.size:
        raise no_file()
    return found


def no_file() -> JigongError:
    """That a form was sent without a file."""
    return error("没有选择文件，或文件是空的", "no file was chosen, or it is empty", remedy=("选择文件后再提交", "choose a file and send again"))  # fmt: skip


def safe_name(name: str | None) -> str:
    """A file's name without folders and odd characters, at most 80 long; ``file`` where nothing is left."""
    base = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE.sub("_", base).lstrip(".")[-80:] or "file"

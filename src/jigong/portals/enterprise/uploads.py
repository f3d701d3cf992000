"""Taking a file in: too large a one is refused before it is read."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from jigong.kernel.problems import JigongError
from jigong.services.reporting.reading import MAX_BYTES, too_large

_FORM = 64 * 1024
"""What the form around the file may weigh."""


def takes_file(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 413 to a body that cannot be a permitted file, before anything (the CSRF check too) reads it."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MAX_BYTES + _FORM:
            bad = too_large()
            problems = bad.problems if isinstance(bad, JigongError) else ()
            return render(request, "kit/problem.html", {"problems": problems}, status=413)
        return protected(request, *args, **kwargs)

    return checked

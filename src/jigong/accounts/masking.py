"""How names and numbers appear to anybody but the person: enough to recognise them, too little to use."""

STAR = "*"
_SHOWN = 4


def mask_name(name: str) -> str:
    """``张三`` → ``张*``, ``欧阳建国`` → ``欧**国``: the first character, and the last of four or more."""
    if len(name) < 2:
        return STAR
    last = name[-1] if len(name) > 3 else ""
    return name[0] + STAR * (len(name) - 1 - len(last)) + last


def mask_number(number: str) -> str:
    """A citizen number or a code by its last four digits: ``**************6235``."""
    shown = number[-_SHOWN:] if len(number) > 2 * _SHOWN else ""
    return STAR * (len(number) - len(shown)) + shown


def mask_mobile(mobile: str) -> str:
    """``13800001234`` → ``138****1234``."""
    if len(mobile) < 8:
        return STAR * len(mobile)
    return mobile[:3] + STAR * (len(mobile) - 7) + mobile[-_SHOWN:]


def mask_bank(last4: str) -> str:
    """A bank account by its last four digits: ``**** 1234``."""
    return f"{STAR * 4} {last4}"

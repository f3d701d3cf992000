"""Words in two languages: the tags ``t`` and ``say``. Written out as nodes, since a page has a hundred of them."""

from functools import lru_cache

from django import template
from django.template.base import FilterExpression, Parser, Token
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

from jigong.kernel.text import Language, Text

register = template.Library()
_NOTHING = SafeString("")


def language_of(context: template.Context) -> Language:
    """The reader's language."""
    return "en" if context.get("language") == "en" else "zh"


@lru_cache(maxsize=8192)
def escaped(sentence: str) -> SafeString:
    """A sentence of a template or a pack, escaped. There are few of them, and each is shown a million times."""
    return SafeString(escape(sentence))


class _Value(SafeString):
    """A value put into a sentence. ``{n:row|rows}`` is the word that goes with the number n in English."""

    def __format__(self, form: str) -> str:
        one, two_words, many = form.partition("|")
        if not two_words:
            return super().__format__(form)
        return one if self == "1" else many


class _Kept(template.Node):
    """What is said, or, with ``as name``, kept under that name."""

    def __init__(self, name: str | None) -> None:
        self._name = name

    def said(self, context: template.Context) -> SafeString:
        raise NotImplementedError

    def render(self, context: template.Context) -> SafeString:
        """Called by Django."""
        said = self.said(context)
        if self._name is None:
            return said
        context[self._name] = said
        return _NOTHING


class _Sentence(_Kept):
    """One of two sentences, with values (escaped) put in."""

    def __init__(
        self, zh: FilterExpression, en: FilterExpression, given: dict[str, FilterExpression], name: str | None
    ) -> None:
        super().__init__(name)
        self._zh, self._en, self._given = _written(zh), _written(en), given

    def said(self, context: template.Context) -> SafeString:
        chosen = self._en if context.get("language") == "en" else self._zh
        sentence = chosen if isinstance(chosen, SafeString) else escaped(chosen.resolve(context))
        if not self._given:
            return sentence
        values = {
            key: _Value(conditional_escape(value.resolve(context))) for key, value in self._given.items()
        }
        return SafeString(sentence.format(**values))


class _Text(_Kept):
    """A :class:`Text` in the reader's language; nothing for None."""

    def __init__(self, text: FilterExpression, name: str | None) -> None:
        super().__init__(name)
        self._text = text

    def said(self, context: template.Context) -> SafeString:
        text: Text | None = self._text.resolve(context)
        return escaped(text.in_(language_of(context))) if text is not None else _NOTHING


@register.tag
def t(parser: Parser, token: Token) -> _Sentence:
    """``{% t "还差 {n} 个月" "{n} more {n:month|months}" n=months %}``; ``as title`` keeps it."""
    bits, name = _bits(token)
    if len(bits) < 2:
        raise template.TemplateSyntaxError(f"{token.contents}: two sentences are wanted, Chinese and English")
    zh, en, *rest = bits
    given = {}
    for bit in rest:
        key, is_, value = bit.partition("=")
        if not is_:
            raise template.TemplateSyntaxError(f"{token.contents}: {bit} has no name")
        given[key] = parser.compile_filter(value)
    return _Sentence(parser.compile_filter(zh), parser.compile_filter(en), given, name)


@register.tag
def say(parser: Parser, token: Token) -> _Text:
    """``{% say clause.label %}``; ``as label`` keeps it."""
    bits, name = _bits(token)
    if len(bits) != 1:
        raise template.TemplateSyntaxError(f"{token.contents}: one text is wanted")
    return _Text(parser.compile_filter(bits[0]), name)


def _written(sentence: FilterExpression) -> SafeString | FilterExpression:
    """A sentence that stands in the template itself, escaped once; any other as it is."""
    return sentence if sentence.is_var or sentence.filters else escaped(sentence.var)


def _bits(token: Token) -> tuple[list[str], str | None]:
    """What stands after the tag's name, and the name after ``as``."""
    bits = token.split_contents()[1:]
    return (bits[:-2], bits[-1]) if len(bits) > 2 and bits[-2] == "as" else (bits, None)

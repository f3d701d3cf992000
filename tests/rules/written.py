"""A tree back as text, so that reading it again must give the same tree."""

from jigong.rules.nodes import Expression, Fact, Literal, Parameter, Today

_INFIX = {
    "and": "AND",
    "or": "OR",
    **{symbol: symbol for symbol in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "//")},
}


def written(node: Expression) -> str:
    """The text of an unbound tree."""
    if isinstance(node, Literal):
        return _constant(node)
    if isinstance(node, Today):
        return "as_of"
    if isinstance(node, Fact | Parameter):
        return node.name
    parts = [written(argument) for argument in node.arguments]
    match node.operator:
        case name if name in _INFIX:
            return f"({parts[0]} {_INFIX[name]} {parts[1]})"
        case "not":
            return f"(NOT {parts[0]})"
        case "neg":
            return f"(- {parts[0]})"
        case "in":
            return f"({parts[0]} IN ({', '.join(parts[1:])}))"
        case "case":
            branches = " ".join(f"WHEN {a} THEN {b}" for a, b in zip(parts[::2], parts[1::2], strict=False))
            return f"(CASE {branches}{f' ELSE {parts[-1]}' if len(parts) % 2 else ''} END)"
        case name:
            return f"{name}({', '.join(parts)})"


def _constant(node: Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if node.type.kind == "date":
        return f"DATE '{value}'"
    return f"{value:0{node.type.digits + bool(node.type.scale)}}"

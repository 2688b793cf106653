"""The small mistakes of which `mutants` makes one at a time: what may stand in the place of a piece of code."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping

ARITHMETIC: Mapping[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)  # operands that may not be swapped
COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
PAIRS = (  # functions and types that are taken for each other
    ("min", "max"),
    ("amin", "amax"),
    ("argmin", "argmax"),
    ("sum", "mean"),
    ("tril", "triu"),
    ("any", "all"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("sin", "cos"),
    ("floor", "ceil"),
    ("clamp_min", "clamp_max"),
    ("log", "exp"),
    ("unsqueeze", "squeeze"),
    ("append", "extend"),
    ("gt", "ge"),
    ("lt", "le"),
    ("float", "double"),
    ("float32", "float64"),
    ("sqrt", "square"),
    ("add", "sub"),
    ("mul", "div"),
    ("cumsum", "cumprod"),
)
TAKEN_FOR = {**dict(PAIRS), **{other: one for one, other in PAIRS}}
SYMMETRIC = ("transpose", "swapaxes", "promote_types", "maximum", "minimum", "max", "min", "add", "mul")
ENDS = ("range", "arange", "islice")  # functions whose arguments are ends of a range
AXES = ("dim", "axis", "dims")
FINITE = (-1e9, -1e4)  # fills that are taken for minus infinity


def alternatives(node: ast.AST, owner: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of `node`, a part of `owner`."""
    for other in BY_KIND[type(node)](node) if type(node) in BY_KIND else ():
        if not (isinstance(owner, ast.UnaryOp) and ast.unparse(other).startswith("-")):  # the sign is dropped anyway
            yield other
    if isinstance(node, ast.expr) and _is_an_end(node, owner):
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))


def _is_an_end(node: ast.expr, owner: ast.AST) -> bool:
    """Whether the expression is an end of a slice or a range, and no constant, which changes anyway."""
    if isinstance(node, ast.Constant):
        return False
    match owner:
        case ast.Slice():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            return name in ENDS and node in args
    return False


# ---- expressions ------------------------------------------------------------------------------------------------


def _operation(node: ast.BinOp) -> Iterator[ast.expr]:
    left, right = node.left, node.right
    if any(isinstance(one, ast.JoinedStr) or _is_text(one) for one in (left, right)):
        return
    for other in ARITHMETIC.get(type(node.op), ()):
        yield ast.BinOp(left, other(), right)
    yield from (left, right)
    if isinstance(node.op, ORDERED):
        yield ast.BinOp(right, node.op, left)


def _sign(node: ast.UnaryOp) -> Iterator[ast.expr]:
    yield node.operand


def _comparison(node: ast.Compare) -> Iterator[ast.expr]:
    for number, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:number], other(), *node.ops[number + 1 :]], node.comparators)


def _condition(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for some in _fewer(node.values):
        yield some[0] if len(some) == 1 else ast.BoolOp(node.op, some)


def _choice(node: ast.IfExp) -> Iterator[ast.expr]:
    yield from (node.body, node.orelse)


def _call(node: ast.Call) -> Iterator[ast.expr]:
    function, given, named = node.func, node.args, node.keywords
    name = ast.unparse(function).split(".")[-1]
    if isinstance(function, ast.Attribute):
        yield function.value  # a method: x.clone() -> x
    if given and not isinstance(given[0], ast.Starred) and not _is_text(given[0]):
        yield given[0]  # a function: torch.exp(x) -> x
    orders = [] if name in SYMMETRIC else _turned(given)
    for some in [*(_fewer(given) if len(given) > 1 else ()), *orders]:
        yield ast.Call(function, some, named)
    for number, keyword in enumerate(named):
        others = [*named[:number], *named[number + 1 :]]
        yield ast.Call(function, given, others)
        if keyword.arg in AXES and not isinstance(keyword.value, ast.Constant):
            for axis in (-1, 0):
                yield ast.Call(function, given, [*others, ast.keyword(keyword.arg, ast.Constant(axis))])
    if ast.unparse(node) == "float('-inf')":
        yield from map(ast.Constant, FINITE)


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    values: tuple[str | float, ...] = ()
    match node.value:
        case bool(value):
            values = (not value,)
        case int(value):
            values = (value + 1, value - 1, 2 * value, 0, -value)
        case float(value) if math.isfinite(value):
            values = (2 * value, value + 1, 0.0, -value)
        case "-inf":
            values = ("inf",)
        case "inf":
            values = ("-inf",)
    yield from (ast.Constant(one) for one in values if one != node.value)


def _attribute(node: ast.Attribute) -> Iterator[ast.expr]:
    match node:
        case ast.Attribute(attr="T" | "mT" | "H"):
            yield node.value
        case ast.Attribute(attr="dtype"):
            for name in ("float32", "float64"):
                yield ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load())
        case ast.Attribute(value=ast.Name(id="torch"), attr="long" | "int64"):
            yield ast.Attribute(node.value, "int32", ast.Load())
        case ast.Attribute(value=ast.Name("math" | "torch" | "np"), attr="inf"):
            yield from map(ast.Constant, FINITE)
        case ast.Attribute(attr=name) if name in TAKEN_FOR:
            yield ast.Attribute(node.value, TAKEN_FOR[name], node.ctx)


def _name(node: ast.Name) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load) and node.id in TAKEN_FOR:
        yield ast.Name(TAKEN_FOR[node.id], ast.Load())


def _index(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load):
        yield node.value


def _sequence(node: ast.Tuple | ast.List) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load):
        for some in [*_fewer(node.elts), *_turned(node.elts)]:
            yield type(node)(some, ast.Load())


def _comprehension(node: ast.GeneratorExp | ast.ListComp | ast.SetComp) -> Iterator[ast.expr]:
    for number, one in enumerate(node.generators):
        for some in _fewer(one.ifs):
            bare = ast.comprehension(one.target, one.iter, some, one.is_async)
            yield type(node)(node.elt, [*node.generators[:number], bare, *node.generators[number + 1 :]])


def _fewer(entries: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Without one of them."""
    for number in range(len(entries)):
        yield [*entries[:number], *entries[number + 1 :]]


def _turned(entries: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Two neighbours in each other's place."""
    for number in range(len(entries) - 1):
        one, other = entries[number : number + 2]
        if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
            yield [*entries[:number], other, one, *entries[number + 2 :]]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


# ---- statements -------------------------------------------------------------------------------------------------


def _branch(node: ast.If) -> Iterator[ast.stmt]:
    yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    yield _block(node.body)
    yield _block(node.orelse)


def _update(node: ast.AugAssign) -> Iterator[ast.stmt]:
    for other in ARITHMETIC.get(type(node.op), ()):
        yield ast.AugAssign(node.target, other(), node.value)
    yield ast.Pass()


def _assignment(node: ast.Assign) -> Iterator[ast.stmt]:
    if _names(node.value) & set().union(*map(_names, node.targets)):  # else what follows finds no name
        yield ast.Pass()


def _context(node: ast.With) -> Iterator[ast.stmt]:
    yield _block(node.body)


def _function(node: ast.FunctionDef) -> Iterator[ast.stmt]:
    for some in _fewer(node.decorator_list):
        yield ast.FunctionDef(node.name, node.args, node.body, some, node.returns)


def _omission(node: ast.stmt) -> Iterator[ast.stmt]:
    yield ast.Pass()


def _block(statements: list[ast.stmt]) -> ast.stmt:
    """The statements as one."""
    return ast.If(ast.Constant(True), statements, []) if statements else ast.Pass()


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


BY_KIND: Mapping[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.BinOp: _operation,
    ast.UnaryOp: _sign,
    ast.Compare: _comparison,
    ast.BoolOp: _condition,
    ast.IfExp: _choice,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Name: _name,
    ast.Subscript: _index,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.GeneratorExp: _comprehension,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.If: _branch,
    ast.AugAssign: _update,
    ast.Assign: _assignment,
    ast.With: _context,
    ast.FunctionDef: _function,
    **dict.fromkeys((ast.Expr, ast.Raise, ast.Break, ast.Continue, ast.Delete, ast.For, ast.While), _omission),
}

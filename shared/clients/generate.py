#!/usr/bin/env python3
"""Writes the routes and types of both clients from infra/docs/openapi.json; with --check says whether they are as it would.

`make routes` runs it. What is the same for all routes (calls, errors, waiting, webhooks) is written by hand beside them."""

from __future__ import annotations

import json
import keyword
import re
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "infra" / "docs" / "openapi.json"
REF = "#/components/schemas/"
# What a method of a client takes beside what its route does.
RESERVED = {"self", "idempotency_key", "request_timeout"}
HEAD = "made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it"
WIDTH = 118

Schema = dict[str, Any]


@dataclass
class Field:
    name: str
    schema: Schema
    required: bool


@dataclass
class Route:
    """A route, as both clients call it."""

    resource: str
    action: str
    method: str
    path: str
    says: str
    names: list[str] = field(default_factory=list)
    query: list[Field] = field(default_factory=list)
    body: list[Field] = field(default_factory=list)
    # Whether it takes a body at all, and whether that is of another form than an object's fields.
    has_body: bool = False
    whole_body: Schema | None = None
    headers: list[str] = field(default_factory=list)
    once: bool = False
    # The schema of its answer; none where it has none. `raw` says that it is bytes.
    answer: Schema | None = None
    raw: bool = False

    @property
    def page_of(self) -> Schema | None:
        """What its pages have, where it answers with a page of a list."""
        name = (self.answer or {}).get("$ref", "").removeprefix(REF)
        if not name.startswith("Page_of_") or "cursor" not in [it.name for it in self.query]:
            return None
        return SCHEMAS[name]["properties"]["data"]["items"]


def read(document: dict[str, Any]) -> list[Route]:
    routes = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            resource = operation["tags"][0]
            route = Route(
                resource=resource,
                action=operation["operationId"].removeprefix(resource + "_"),
                method=method.upper(),
                path=path,
                says=operation["description"],
            )
            for parameter in operation.get("parameters", []):
                name, place = parameter["name"], parameter["in"]
                if place == "path":
                    route.names.append(name)
                elif place == "query":
                    schema = {**parameter["schema"], "description": parameter.get("description", "")}
                    route.query.append(Field(name, schema, parameter["required"]))
                elif name.lower() == "idempotency-key":
                    route.once = True
                elif place == "header":
                    route.headers.append(name)
            content = operation.get("requestBody", {}).get("content", {})
            if content:
                route.has_body = True
                schema = content["application/json"]["schema"]
                inner = resolve(schema)
                if inner.get("type") == "object" and "properties" in inner and not either(inner):
                    route.body = fields(inner)
                else:
                    route.whole_body = schema
            for status, answer in sorted(operation["responses"].items()):
                if status.startswith("2") and answer.get("content"):
                    media, first = next(iter(answer["content"].items()))
                    route.raw = media != "application/json"
                    route.answer = first["schema"]
                    break
            taken = [*route.names, *(it.name for it in route.query), *(it.name for it in route.body)]
            if len(set(taken)) != len(taken) or RESERVED & set(taken):
                raise SystemExit(f"{operation['operationId']}: two things that it takes have one name")
            routes.append(route)
    return sorted(routes, key=lambda route: (route.resource, route.action))


def resolve(schema: Schema) -> Schema:
    path = schema.get("$ref")
    return SCHEMAS[path.removeprefix(REF)] if path else schema


def either(schema: Schema) -> list[Schema]:
    return schema.get("anyOf") or schema.get("oneOf") or []


def fields(schema: Schema) -> list[Field]:
    """The fields of an object with those of its parts. What each of several kinds has is always there."""
    found: dict[str, Field] = {}

    def gather(schema: Schema, always: bool) -> None:
        required = schema.get("required", [])
        for name, inner in schema.get("properties", {}).items():
            merge(Field(name, inner, always and name in required))
        for part in schema.get("allOf", []):
            gather(resolve(part), always)
        parts = [resolve(part) for part in either(schema)]
        everywhere = set.intersection(*({it.name for it in fields(part) if it.required} for part in parts)) if parts else set()
        for part in parts:
            for one in fields(part):
                merge(Field(one.name, one.schema, always and one.name in everywhere))

    def merge(one: Field) -> None:
        known = found.setdefault(one.name, one)
        if known is not one and known.schema != one.schema:
            kinds = [it for at in (known.schema, one.schema) for it in at.get("enum", [at["const"]] if "const" in at else [])]
            if kinds:
                described = known.schema.get("description")
                known.schema = {"enum": list(dict.fromkeys(kinds)), **({"description": described} if described else {})}
            else:
                known.schema = {"anyOf": [known.schema, one.schema]}

    gather(schema, True)
    return list(found.values())


def is_object(schema: Schema) -> bool:
    """Whether it has named fields."""
    parts = either(schema)
    named = "properties" in schema or "allOf" in schema
    return named or bool(parts) and all(is_object(resolve(part)) for part in parts)


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def wrap(text: str, indent: str, before: str = "") -> Iterator[str]:
    width = WIDTH - len(indent) - len(before)
    for line in textwrap.wrap(one_line(text), width, break_long_words=False, break_on_hyphens=False):
        yield f"{indent}{before}{line}".rstrip()


def kind(schema: Schema, words: "Words") -> str:
    """A type, in the words of a language."""
    if schema is True or not schema:
        return words.anything
    if "$ref" in schema:
        return words.named(type_name(schema["$ref"].removeprefix(REF)))
    if "const" in schema:
        return words.literal([schema["const"]])
    if "enum" in schema:
        return words.literal(schema["enum"])
    if either(schema):
        return words.union([kind(part, words) for part in either(schema)])
    types = schema.get("type")
    types = types if isinstance(types, list) else [types]
    return words.union([of_type(schema, one, words) for one in types])


def of_type(schema: Schema, one: str | None, words: "Words") -> str:
    match one:
        case "string":
            return words.text
        case "integer":
            return words.whole
        case "number":
            return words.number
        case "boolean":
            return words.flag
        case "null":
            return words.null
        case "array":
            return words.listed(kind(schema.get("items", {}), words))
        case "object":
            return words.inline(fields(schema)) if "properties" in schema else words.object
    return words.anything


def type_name(name: str) -> str:
    return name.replace("Page_of_", "PageOf") if name.startswith("Page_of_") else name


class Words:
    """The words of a language."""

    anything = text = whole = number = flag = null = object = ""

    def named(self, name: str) -> str:
        return name

    def literal(self, values: list[Any]) -> str:
        raise NotImplementedError

    def union(self, kinds: list[str]) -> str:
        return " | ".join(dict.fromkeys(kinds))

    def listed(self, inner: str) -> str:
        raise NotImplementedError

    def inline(self, inner: list[Field]) -> str:
        raise NotImplementedError


# --- Python -----------------------------------------------------------------


class Python(Words):
    anything, text, whole, number, flag, null, object = "Any", "str", "int", "float", "bool", "None", "dict[str, Any]"

    def __init__(self, module: str = "") -> None:
        self.module = module

    def named(self, name: str) -> str:
        return f"{self.module}{name}"

    def literal(self, values: list[Any]) -> str:
        texts = [repr(value).replace("'", '"') for value in values if value is not None]
        return f"Literal[{', '.join(texts)}]" + (" | None" if None in values else "")

    def listed(self, inner: str) -> str:
        return f"list[{inner}]"

    def inline(self, inner: list[Field]) -> str:
        return self.object


def python_name(name: str) -> str:
    name = re.sub(r"\W", "_", name)
    return name + "_" if keyword.iskeyword(name) else name


def python_doc(says: str, indent: str) -> list[str]:
    lines = list(wrap(says.replace("\\", "\\\\").replace('"""', "'''"), indent))
    if len(lines) <= 1 and len((lines or [""])[0]) < WIDTH - 6:
        return [f'{indent}"""{(lines or [""])[0].strip()}"""']
    lines[0] = f'{indent}"""{lines[0].strip()}'
    return [*lines, f'{indent}"""']


def python_types(document: dict[str, Any]) -> str:
    words = Python()
    out = [
        f'"""What requests and responses have in them: {HEAD}."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any, Literal, TypedDict, Union",
        "",
    ]
    aliases: list[str] = []
    for name, schema in SCHEMAS.items():
        says = schema.get("description", "") or type_name(name)
        if not is_object(schema):
            # Behind the classes: an alias is looked at when the module is loaded.
            aliases += ["", *wrap(says, "", "#: "), f"{type_name(name)} = {python_alias(schema, words)}"]
            continue
        all_fields = fields(schema)
        out += ["", *python_class(type_name(name), says, all_fields, words)]
    return "\n".join([*out, *aliases]) + "\n"


def python_alias(schema: Schema, words: Python) -> str:
    kinds = [kind(part, words) for part in either(schema)] or kind(schema, words).split(" | ")
    kinds = list(dict.fromkeys(kinds))
    # `|` between types is not for a module that runs on 3.10 with names in quotes.
    return kinds[0] if len(kinds) == 1 else f"Union[{', '.join(kinds)}]"


def python_class(name: str, says: str, all_fields: list[Field], words: Python) -> list[str]:
    required = [it for it in all_fields if it.required]
    optional = [it for it in all_fields if not it.required]
    out: list[str] = []
    bases = []
    if required and optional:
        out += [*python_fields(f"_{name}Always", "", required, words, True), "", ""]
        bases = [f"_{name}Always"]
        return [*out[:-2], "", "", *python_fields(name, says, optional, words, False, bases), ""]
    return [*python_fields(name, says, all_fields, words, bool(required) or not optional), ""]


def python_fields(
    name: str, says: str, some: list[Field], words: Python, total: bool, bases: list[str] | None = None
) -> list[str]:
    tail = "" if total else ", total=False"
    if all(it.name.isidentifier() and not keyword.iskeyword(it.name) for it in some):
        out = [f"class {name}({', '.join(bases or ['TypedDict'])}{tail}):"]
        out += python_doc(says, "    ") + [""] if says else []
        for it in some:
            out += wrap(it.schema.get("description", ""), "    ", "#: ")
            out.append(f"    {it.name}: {kind(it.schema, words)}")
        return out if some or says else [*out, "    pass"]
    # A field such as `from` is no name of Python's.
    plain = name if not bases and not says else f"_{name}Fields"
    out = [f"{plain} = TypedDict(", f'    "{plain}",', "    {"]
    for it in some:
        out += wrap(it.schema.get("description", ""), "        ", "# ")
        out.append(f'        "{it.name}": {json.dumps(kind(it.schema, words), ensure_ascii=False)},')
    out += ["    },", *([] if total else ["    total=False,"]), ")"]
    if plain != name:
        out += ["", "", f"class {name}({', '.join([*(bases or []), plain])}):", *python_doc(says, "    ")]
    return out


def python_resources(routes: list[Route]) -> str:
    words = Python("types.")
    out = [
        f'"""The routes: {HEAD}."""',
        "",
        "from __future__ import annotations",
        "",
        "import builtins",
        "from typing import Any, Iterator, Literal",
        "",
        "from . import types",
        "from ._transport import UNSET, Transport, Unset",
        "",
    ]
    resources = list(dict.fromkeys(route.resource for route in routes))
    for resource in resources:
        out += ["", f"class {class_name(resource)}Routes:", f'    """The routes of `{resource}`."""', ""]
        out += ["    def __init__(self, transport: Transport) -> None:", "        self._transport = transport"]
        for route in routes:
            if route.resource == resource:
                out += python_method(route, words)
        out.append("")
    out += ["", "class Resources:", '    """All routes, by their resource."""', ""]
    out.append("    def __init__(self, transport: Transport) -> None:")
    out.append("        self._transport = transport")
    out += [f"        self.{resource} = {class_name(resource)}Routes(transport)" for resource in resources]
    out += ["", "    def __repr__(self) -> str:", '        return f"{type(self).__name__}({self._transport.base_url!r})"']
    return "\n".join(out) + "\n"


def class_name(resource: str) -> str:
    return "".join(part.capitalize() for part in resource.split("_"))


def python_method(route: Route, words: Python) -> list[str]:
    # A class that has a method `list` means another thing by the word.
    def of(schema: Schema) -> str:
        return re.sub(r"(?<![\w.])list\[", "builtins.list[", kind(schema, words))

    taken = [f"{python_name(name)}: str" for name in route.names]
    if route.whole_body is not None:
        taken.append(f"body: {of(route.whole_body)}")
    choices = [*route.body, *route.query]
    named = [f"{python_name(it.name)}: {of(it.schema)}" for it in choices if it.required]
    for it in choices:
        if not it.required:
            given = of(it.schema)
            given = given if given == "Any" or given.endswith("| None") else f"{given} | None"
            # Of a change, `None` may mean to take something out.
            absent = route.method == "PATCH" and it in route.body
            given = f"{given} | Unset = UNSET" if absent else f"{given} = None"
            named.append(f"{python_name(it.name)}: {given}")
    named += [f"{python_name(name).lower()}: str | None = None" for name in route.headers]
    if route.once:
        named.append("idempotency_key: str | None = None")
    named.append("request_timeout: float | None = None")
    answer = "bytes" if route.raw else of(route.answer) if route.answer is not None else "None"
    out = ["", f"    def {python_name(route.action)}("]
    out += [f"        {it}," for it in ["self", *taken, "*", *named]]
    out += [f"    ) -> {answer}:", *python_doc(f"{route.says} `{route.method} {route.path}`", "        ")]
    keeps = "" if answer == "None" else f"answer: {answer} = "
    call = [f"        {keeps}self._transport.request("]
    call += [f'            "{route.method}",', f'            "{route.path}",']
    call.append("            names={" + ", ".join(f'"{name}": {python_name(name)}' for name in route.names) + "},")
    if route.query:
        call.append("            query={")
        call += [f'                "{it.name}": {python_name(it.name)},' for it in route.query]
        call.append("            },")
    if route.headers:
        given = ", ".join(f'"{name}": {python_name(name).lower()}' for name in route.headers)
        call.append(f"            headers={{{given}}},")
    if route.whole_body is not None:
        call.append("            body=body,")
    elif route.has_body:
        call.append(f"            body={'_changed' if route.method == 'PATCH' else '_given'}(")
        call.append("                {")
        call += [f'                    "{it.name}": {python_name(it.name)},' for it in route.body]
        call += ["                }", "            ),"]
    if route.once:
        call += ["            once=True,", "            idempotency_key=idempotency_key,"]
    if route.raw:
        call.append("            raw=True,")
    call += ["            timeout=request_timeout,", "        )", *(["        return answer"] if keeps else [])]
    out += call
    if route.page_of is not None:
        out += python_pages(route, of(route.page_of), taken, named)
    return out


def python_pages(route: Route, entry: str, taken: list[str], named: list[str]) -> list[str]:
    # In the order `asc` a feed has no last page.
    kept = [it for it in named if not it.startswith(("cursor:", "order:"))]
    out = ["", f"    def iter_{route.action}("]
    out += [f"        {it}," for it in ["self", *taken, "*", *kept]]
    out += [f"    ) -> Iterator[{entry}]:"]
    out += [f'        """All entries of `{python_name(route.action)}`, page by page as they are asked for."""']
    given = [python_name(name) for name in route.names]
    given += [f"{it.split(':')[0]}={it.split(':')[0]}" for it in kept]
    out += ["        cursor: str | None = None", "        while True:"]
    out.append(f"            page = self.{python_name(route.action)}({', '.join([*given, 'cursor=cursor'])})")
    out += ['            yield from page["data"]', '            cursor = page["next_cursor"]']
    return [*out, "            if not cursor:", "                return"]


PYTHON_GIVEN = '''

def _given(body: dict[str, Any]) -> dict[str, Any]:
    """Without what was left out."""
    return {name: value for name, value in body.items() if value is not None}


def _changed(body: dict[str, Any]) -> dict[str, Any]:
    """Without what was left out; `None` stays."""
    return {name: value for name, value in body.items() if not isinstance(value, Unset)}
'''


# --- TypeScript -------------------------------------------------------------


class TypeScript(Words):
    anything, text, whole, number, flag, null = "unknown", "string", "number", "number", "boolean", "null"
    object = "Record<string, unknown>"

    def __init__(self, module: str = "") -> None:
        self.module = module

    def named(self, name: str) -> str:
        return f"{self.module}{name}"

    def literal(self, values: list[Any]) -> str:
        return " | ".join(json.dumps(value) for value in values)

    def listed(self, inner: str) -> str:
        return f"Array<{inner}>"

    def inline(self, inner: list[Field]) -> str:
        parts = [f"{it.name}{'' if it.required else '?'}: {kind(it.schema, self)}" for it in inner]
        return "{ " + "; ".join(parts) + " }"


def ts_doc(says: str, indent: str) -> list[str]:
    lines = list(wrap(says.replace("*/", "*\u200b/"), indent, " * "))
    if not lines:
        return []
    if len(lines) == 1 and len(lines[0]) < WIDTH - 4:
        return [f"{indent}/** {lines[0].strip().removeprefix('* ')} */"]
    return [f"{indent}/**", *lines, f"{indent} */"]


def ts_field(it: Field, words: TypeScript, indent: str) -> list[str]:
    name = it.name if re.fullmatch(r"[A-Za-z_]\w*", it.name) else json.dumps(it.name)
    mark = "" if it.required else "?"
    given = kind(it.schema, words) + ("" if it.required else " | undefined")
    return [*ts_doc(it.schema.get("description", ""), indent), f"{indent}{name}{mark}: {given};"]


def ts_types(document: dict[str, Any]) -> str:
    words = TypeScript()
    out = [f"// What requests and responses have in them: {HEAD}.", ""]
    for name, schema in SCHEMAS.items():
        out += ts_doc(schema.get("description", ""), "")
        if is_object(schema):
            out.append(f"export interface {type_name(name)} {{")
            for it in fields(schema):
                out += ts_field(it, words, "  ")
            out += ["}", ""]
        else:
            out += [f"export type {type_name(name)} = {kind(schema, words)};", ""]
    return "\n".join(out)


def camel(name: str) -> str:
    first, *rest = re.split(r"[_-]", name)
    return first + "".join(part.capitalize() for part in rest)


def ts_resources(routes: list[Route]) -> str:
    words = TypeScript("types.")
    out = [f"// The routes: {HEAD}.", "", 'import type { CallOptions, OnceOptions, Transport } from "./transport.js";']
    out += ['import type * as types from "./types.js";', ""]
    resources = list(dict.fromkeys(route.resource for route in routes))
    methods: list[str] = []
    for resource in resources:
        methods += [f"/** The routes of `{resource}`. */", f"export class {class_name(resource)}Routes {{"]
        methods += ["  readonly #transport: Transport;", "", "  constructor(transport: Transport) {"]
        methods += ["    this.#transport = transport;", "  }"]
        for route in routes:
            if route.resource == resource:
                out += ts_params(route, words)
                methods += ts_method(route, words)
        methods += ["}", ""]
    methods += ["/** All routes, by their resource. */", "export class Resources {"]
    methods += [f"  readonly {camel(resource)}: {class_name(resource)}Routes;" for resource in resources]
    methods += ["", "  constructor(transport: Transport) {"]
    methods += [f"    this.{camel(resource)} = new {class_name(resource)}Routes(transport);" for resource in resources]
    methods += ["  }", "}"]
    return "\n".join([*out, *methods]) + "\n"


def params_name(route: Route) -> str:
    return class_name(f"{route.resource}_{route.action}") + "Params"


def ts_choices(route: Route) -> list[Field]:
    headers = [Field(camel(name), {"type": "string"}, False) for name in route.headers]
    return [*route.body, *route.query, *headers]


def ts_params(route: Route, words: TypeScript) -> list[str]:
    choices = ts_choices(route)
    if not choices:
        return []
    out = [f"/** What `{camel(route.resource)}.{camel(route.action)}` takes. */"]
    out.append(f"export interface {params_name(route)} {{")
    for it in choices:
        out += ts_field(it, words, "  ")
    return [*out, "}", ""]


def ts_method(route: Route, words: TypeScript) -> list[str]:
    choices = ts_choices(route)
    taken = [f"{camel(name)}: string" for name in route.names]
    if route.whole_body is not None:
        taken.append(f"body: {kind(route.whole_body, words)}")
    given = params_name(route)
    if any(it.required for it in choices):
        taken.append(f"params: {given}")
    elif choices:
        taken.append(f"params: {given} = {{}}")
    options = "options: OnceOptions = {}" if route.once else "options: CallOptions = {}"
    answer = "Uint8Array" if route.raw else kind(route.answer, words) if route.answer is not None else "void"
    out = ["", *ts_doc(f"{route.says} `{route.method} {route.path}`", "  ")]
    out += [f"  {camel(route.action)}({', '.join([*taken, options])}): Promise<{answer}> {{"]
    out += ["    return this.#transport.request({", f'      method: "{route.method}",', f'      path: "{route.path}",']
    out.append("      names: {" + ", ".join(f" {name}: {camel(name)}" for name in route.names) + (" },"if route.names else "},"))
    if route.query:
        out.append("      query: {")
        out += [f"        {it.name}: params.{it.name}," for it in route.query]
        out.append("      },")
    if route.headers:
        out.append("      headers: {")
        out += [f"        {json.dumps(name)}: params.{camel(name)}," for name in route.headers]
        out.append("      },")
    if route.whole_body is not None:
        out.append("      body,")
    elif route.has_body:
        out.append("      body: {")
        out += [f"        {it.name}: params.{it.name}," for it in route.body]
        out.append("      },")
    out += ["      once: true,"] if route.once else []
    out += ["      raw: true,"] if route.raw else []
    out += ["      options,", "    });", "  }"]
    if route.page_of is not None:
        cursor = [it for it in taken if not it.startswith("params")]
        names = "".join(f"{camel(name)}, " for name in route.names)
        name = camel("iter_" + route.action)
        entry = kind(route.page_of, words)
        out += ["", f"  /** All entries of `{camel(route.action)}`, page by page as they are asked for. */"]
        default = "" if any(it.required for it in choices) else " = {}"
        takes = ", ".join([*cursor, f'params: Omit<{given}, "cursor" | "order">{default}', options])
        out += [f"  async *{name}({takes}): AsyncGenerator<{entry}, void, undefined> {{"]
        out += ["    let cursor: string | undefined;", "    do {"]
        out += [f"      const page = await this.{camel(route.action)}({names}{{ ...params, cursor }}, options);"]
        out += ["      yield* page.data;", "      cursor = page.next_cursor ?? undefined;", "    } while (cursor);", "  }"]
    return out


# ----------------------------------------------------------------------------


def written(document: dict[str, Any]) -> dict[Path, str]:
    routes = read(document)
    version = document["info"]["version"]
    python, typescript = HERE / "python" / "src" / "countersign", HERE / "typescript" / "src"
    return {
        **{path: with_version(path, version) for path in (HERE / "typescript").glob("package*.json")},
        python / "types.py": python_types(document),
        python / "_resources.py": python_resources(routes) + PYTHON_GIVEN,
        python / "_version.py": f'"""The version: {HEAD}."""\n\nVERSION = "{version}"\n',
        typescript / "types.ts": ts_types(document),
        typescript / "resources.ts": ts_resources(routes),
        typescript / "version.ts": f'// {HEAD[0].upper()}{HEAD[1:]}.\n\nexport const VERSION = "{version}";\n',
    }


def with_version(path: Path, version: str) -> str:
    """A file of npm's with the version of the document, wherever it names its own."""
    own = r'("name": "countersign",\s+"version": ")[^"]*'
    return re.sub(own, lambda found: found[1] + version, path.read_text())


def main() -> None:
    global SCHEMAS
    document = json.loads(DOCUMENT.read_text())
    SCHEMAS = document["components"]["schemas"]
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        raise SystemExit("usage: generate.py [--check]")
    stale = []
    for path, text in written(document).items():
        if not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(HERE.parent.parent)))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    if check and stale:
        raise SystemExit(f"`make routes` writes them: {', '.join(stale)}")


SCHEMAS: dict[str, Schema] = {}

if __name__ == "__main__":
    main()

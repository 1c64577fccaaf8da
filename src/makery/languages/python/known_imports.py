"""Names of the standard library that programs use without importing them, and the import each needs."""

MODULES = frozenset(
    {
        *(
            "argparse",
            "array",
            "ast",
            "asyncio",
            "base64",
            "bisect",
            "calendar",
            "collections",
            "configparser",
        ),
        *(
            "contextlib",
            "copy",
            "csv",
            "curses",
            "dataclasses",
            "decimal",
            "enum",
            "fractions",
            "functools",
            "glob",
        ),
        *("hashlib", "heapq", "html", "http", "io", "itertools", "json", "logging", "math", "operator", "os"),
        *(
            "pathlib",
            "pickle",
            "platform",
            "pprint",
            "queue",
            "random",
            "re",
            "select",
            "shlex",
            "shutil",
            "signal",
        ),
        *("socket", "sqlite3", "statistics", "string", "struct", "subprocess", "sys", "tempfile", "textwrap"),
        *("threading", "time", "traceback", "typing", "unicodedata", "urllib", "uuid", "zlib", "secrets"),
    }
)
"""Modules that an attribute access like `json.loads` clearly means."""

MEMBERS = {
    name: module
    for module, names in {
        "abc": ("ABC", "abstractmethod"),
        "collections": ("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple", "ChainMap"),
        "collections.abc": ("Hashable", "MutableMapping"),
        "contextlib": ("contextmanager", "suppress"),
        "copy": ("deepcopy",),
        "dataclasses": ("dataclass", "field", "asdict", "astuple"),
        "datetime": ("date", "timedelta", "timezone"),
        "decimal": (
            "Decimal",
            "InvalidOperation",
            "ROUND_HALF_UP",
            "ROUND_HALF_EVEN",
            "ROUND_DOWN",
            "getcontext",
        ),
        "enum": ("Enum", "IntEnum", "auto"),
        "fractions": ("Fraction",),
        "functools": ("lru_cache", "partial", "reduce", "total_ordering", "wraps", "cached_property"),
        "heapq": ("heapify", "heappop", "heappush"),
        "http.server": ("BaseHTTPRequestHandler", "HTTPServer", "ThreadingHTTPServer"),
        "io": ("StringIO", "BytesIO"),
        "itertools": (
            "accumulate",
            "chain",
            "combinations",
            "groupby",
            "permutations",
            "product",
            "zip_longest",
        ),
        "math": ("ceil", "floor", "sqrt", "isclose", "factorial", "gcd"),
        "pathlib": ("Path", "PurePath"),
        "typing": (
            *("Any", "Callable", "ClassVar", "Dict", "Iterable", "Iterator", "List", "Literal", "Mapping"),
            *(
                "NamedTuple",
                "NoReturn",
                "Optional",
                "Protocol",
                "Sequence",
                "Set",
                "Tuple",
                "Type",
                "TypeVar",
            ),
            *("TypedDict", "Union"),
        ),
        "urllib.parse": (
            "parse_qs",
            "parse_qsl",
            "quote",
            "unquote",
            "urlencode",
            "urljoin",
            "urlparse",
            "urlsplit",
        ),
        "uuid": ("uuid4",),
    }.items()
    for name in names
}
"""Members that are well known by themselves."""

DATETIME_MEMBERS = frozenset({"datetime", "date", "timedelta", "timezone"})
"""`datetime.date(…)` means the module, `datetime.now()` the class."""

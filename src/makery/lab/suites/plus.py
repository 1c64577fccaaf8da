"""HumanEval+ and MBPP+ of EvalPlus: the same functions, judged on many inputs against the reference.

Source: github evalplus/humanevalplus_release and evalplus/mbppplus_release (Apache-2.0). Which task needs
which shape and oracle: github evalplus/evalplus, commit 26d6d00b.
"""

from collections.abc import Iterator
from pathlib import Path

from makery.lab.suites.data import Row, rows
from makery.lab.suites.functions import FILE, MODULE, completing
from makery.lab.task import Cases, Task

SHAPES: dict[str, tuple[int, ...]] = {
    "tuples": (
        *(2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424),
        *(429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809),
    ),
    "lists_of_tuples": (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    "first_list_of_tuples": (75, 413, 444, 753),
    "second_tuple": (106, 750),
    "sets": (115,),
    "float_and_complex": (124,),
    "first_tuple": (250, 307, 405, 446, 617, 720, 763, 808),
    "tuples_of_tuples": (259, 401, 445),
    "tuples_of_mixed": (278,),
    "values_tuples": (722,),
    "complex": (252,),
    "all_tuples": (580, 615, 791),
}
"""MBPP's numbers by the shape of their inputs."""

_SHAPE_OF = {number: shape for shape, numbers in SHAPES.items() for number in numbers}

ORACLES: dict[str, tuple[str, ...]] = {
    "anything": ("are_equivalent",),
    "or_zero": ("sum_div",),
    "surface": ("surface_Area",),
    "digit_distance": ("digit_distance_nums",),
    "is_found": ("check_str", "text_match_three", "text_starta_endb"),
    "same_set": (
        *("similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly"),
        *("larg_nnum", "intersection_array", "find_dissimilar", "Diff"),
    ),
}
"""MBPP's functions whose answers are not simply compared."""

_ORACLE_OF = {function: oracle for oracle, functions in ORACLES.items() for function in functions}


def humaneval_plus(path: Path) -> Iterator[Task]:
    """The run sees what HumanEval shows."""
    for row in rows(path):
        oracle = "is_root" if row["entry_point"] == "find_zero" else "equal"
        yield Task(
            id=row["task_id"],
            requirement=completing(row["entry_point"], row["prompt"]),
            entry=(FILE,),
            tests=_cases(row, shape="", oracle=oracle),
            reference=((FILE, row["prompt"] + row["canonical_solution"]),),
        )


def mbpp_plus(path: Path) -> Iterator[Task]:
    """The run sees EvalPlus's own prompt: the text and the first assertion, which names the function."""
    for row in rows(path):
        number = int(row["task_id"].rpartition("/")[2])
        text = row["prompt"].strip().removeprefix('"""').removesuffix('"""').strip()
        oracle = _ORACLE_OF.get(row["entry_point"], "equal")
        yield Task(
            id=row["task_id"],
            requirement=f"Write the Python module `{FILE}` with the function `{row['entry_point']}`:\n"
            f"{text}\n",
            entry=(FILE,),
            tests=_cases(row, shape=_SHAPE_OF.get(number, ""), oracle=oracle),
            reference=((FILE, row["canonical_solution"]),),
        )


def _cases(row: Row, *, shape: str, oracle: str) -> Cases:
    inputs = (*row["base_input"], *row["plus_input"])
    return Cases(
        module=MODULE,
        entry_point=row["entry_point"],
        count=len(inputs),
        base=len(row["base_input"]),
        setup=row["prompt"],
        reference=row["prompt"] + row["canonical_solution"],
        inputs=inputs,
        shape=shape,
        oracle=oracle,
        tolerance=float(row["atol"]),
    )

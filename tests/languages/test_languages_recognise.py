"""The target is read from the requirement's own words."""

import pytest

from makery.languages.recognise import recognise

CASES = {
    "I want `python todo.py COMMAND ...`, a list in the file `todo.json`.": "python cli todo.py",
    "Write a Python module `tictactoe.py` with a class `Game`.": "python module tictactoe.py",
    "I need a Python module `lru.py` with one class, `LRU(capacity)`.": "python module lru.py",
    "请写一个命令行程序 `unitconv.py`，`python unitconv.py VALUE FROM TO`。": "python cli unitconv.py",
    "请用 Python 写一个模块 `stack.py`，提供类 `Stack`。": "python module stack.py",
    "Write `python mdlite.py INPUT` that converts Markdown to HTML for browsers.": "python cli mdlite.py",
    "Analyse a web server log: `python logstat.py FILE`, lines like `GET /a 200`.": "python cli logstat.py",
    "代码至少分成三个 `.py` 文件，用 `python main.py --db PATH 命令` 启动。": "python app main.py",
    "A tracker, split over three `.py` files, `python main.py CMD`; the rest get ids.": "python app main.py",
    "A JSON web service, `python server.py --port N`.": "python http server.py",
    "A REST API in Python that keeps notes.": "python http server.py",
    "Write the game Snake as a page `index.html`.": "web web index.html",
    "请做一个网页版的计算器。": "web web index.html",
    "Create a 2048 game for the web.": "web web index.html",
    "Write p5.js code for Flappy Bird.": "web web index.html",
    "Create a snake game for the terminal with curses.": "python cli main.py",
    "A terminal game `python snake.py`; a class `Snake` holds its rules.": "python module snake.py",
    "A command-line tool, `python bank.py add NAME`, with a class `Account`.": "python cli bank.py",
    "写一个命令行工具，把各类CSV文件转换成文本。": "python cli main.py",
    "A first-class CLI for notes in the terminal.": "python cli main.py",
    "A terminal program that prints class A and B subnets.": "python cli main.py",
    "Create a snake game.": "python cli main.py",
    "Write modules `shapes.py` and `area.py` with functions for areas.": "python module shapes.py area.py",
}


@pytest.mark.parametrize("text", CASES)
def test_words_decide_language_kind_and_entry(text):
    target = recognise(text, None)
    assert " ".join([target.language, target.kind, *target.entry]) == CASES[text]


def test_a_repository_s_own_files_decide_about_a_change():
    package = {"shop/__init__.py": "", "shop/cart.py": "x = 1\n", "tests/test_cart.py": ""}
    assert recognise("Fix the cart.", package).kind == "module"
    assert recognise("Add an option.", {"main.py": "print()\n", "store.py": ""}).entry == ("main.py",)
    assert recognise("Add a button.", {"index.html": "<p>", "game.js": ""}).language == "web"

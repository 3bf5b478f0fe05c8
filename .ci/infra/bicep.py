"""Parses Bicep files with the tree-sitter grammar; exits 1 when one has a syntax error.

The grammar is older than two forms that infra/ uses: `extension NAME`, and calls as values of a parameter file. Both are put into the
older form first, on the same line.
"""

import re
import sys

import tree_sitter_bicep
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_bicep.language()))
failed = False


def errors(node):
    if node.type == "ERROR" or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from errors(child)


for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^extension \w+$", "", text, flags=re.MULTILINE)
    if name.endswith(".bicepparam"):
        text = re.sub(r"^param ", "var ", text, flags=re.MULTILINE)
    for error in errors(parser.parse(text.encode()).root_node):
        failed = True
        print(f"{name}:{error.start_point[0] + 1}: syntax error")

sys.exit(failed)

"""Parses the samples whose runtime is not available: syntax.py FILE…; a file that does not parse is a failure."""
import sys

import tree_sitter
import tree_sitter_c_sharp
import tree_sitter_powershell

GRAMMARS = {".cs": tree_sitter_c_sharp, ".ps1": tree_sitter_powershell}


def faults(node):
    if node.type == "ERROR" or node.is_missing:
        yield node.start_point
        return
    for child in node.children:
        yield from faults(child)


failed = False
for path in sys.argv[1:]:
    grammar = GRAMMARS[path[path.rindex("."):]]
    with open(path, "rb") as file:
        tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(file.read())
    for row, column in faults(tree.root_node):
        print(f"{path}:{row + 1}:{column + 1}: does not parse", file=sys.stderr)
        failed = True
sys.exit(failed)

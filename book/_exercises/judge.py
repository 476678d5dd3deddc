"""Judges an answer that is written in the page: by its numbers, in words.

What it says is what ``vae_lib.exercises`` says, and a test holds the two together. It
is plain Python on floats and lists, because the page runs it in MicroPython, which has
no NumPy. There dictionaries keep no order, so that tables are lists of pairs.
"""

import io
import math
import sys

ANSWER = "answer.py"
EMPTY = "Nothing here yet. "
RTOL, ATOL = 1e-4, 1e-6
FACTORS = [
    (-1.0, "the sign is turned round"),
    (0.5, "a factor of 2 is missing, or one half is too many"),
    (2.0, "it is twice what it should be: a factor of one half is missing"),
    (1 / math.log(2), "these are bits; nats, with natural logarithms, are expected"),
    (math.log(2), "a logarithm has the wrong base"),
]
# What an error of Python means, for a reader who meets it for the first time.
PLAIN = [
    ("odule named", "This small Python has no NumPy: math and lists are enough."),
    ("IndentationError", "The lines of one block begin at the same column."),
    ("SyntaxError", "A bracket, a colon or an indent is missing, there or just above."),
    ("NameError", "This name has no value: is it misspelt, or not imported?"),
    ("ValueError", "A logarithm of a number at or below 0, or exp of a large one?"),
    ("OverflowError", "The exponential of a large number does not fit a float."),
    ("ZeroDivisionError", "It divides by zero: did an exponential underflow?"),
    ("TypeError", "An operation met the wrong kind of value: a list for a number?"),
    ("IndexError", "A list is shorter than the index says."),
    ("recursion", "A function calls itself without end."),
]


class Unusable(Exception):
    """An answer out of which no numbers come; the message says why."""


def judge(name, exercise, answer):
    """Whether the source of an answer is right, and what is said of it.

    ``exercise`` is the source of a file of this folder, ``name`` its function.
    """
    known = {}
    exec(compile(exercise, name, "exec"), known)
    try:
        given = results(function_of(name, answer), known["CASES"])
    except NotImplementedError:
        return False, EMPTY + known["HINT"]
    except Unusable as error:
        return False, wrong(str(error), known)
    except Exception as error:  # whatever a reader's code may raise
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        fault = f"your code stopped with {what}{where(error)}"
        return False, wrong(f"{fault}. {in_plain_words(what)}".rstrip(" ."), known)
    names = parameters(name, exercise)
    right = results(known[name], known["CASES"])
    fault = fault_of(given, right, known, names)
    if fault:
        return False, wrong(fault, known)
    return True, f"Right. {known['REMARK']}"


def function_of(name, answer):
    """The function that an answer defines."""
    if not answer.strip():
        raise NotImplementedError
    space = {}
    exec(compile(answer, ANSWER, "exec"), space)
    if not callable(space.get(name)):
        raise Unusable(f"a function with the name `{name}` is expected")
    return space[name]


def wrong(fault, known):
    """A verdict on a wrong answer."""
    return f"Not yet: {fault}{'' if fault[-1] in '.?' else '.'} {known['HINT']}"


def where(error):
    """The line of the reader's own code in which an exception arose, if any."""
    own = [line for line in trace(error).split("\n") if f'"{ANSWER}", line ' in line]
    if not own:
        return ""
    line, _, name = own[-1].split(" line ")[-1].partition(", in ")
    name = name.strip()
    place = f" of `{name}`" if name and name != "<module>" else ""
    return f" in line {line.strip()}{place}"


def trace(error):
    """An exception as Python prints it; MicroPython has a function of its own."""
    if hasattr(sys, "print_exception"):
        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))


def in_plain_words(what):
    """What the message of an exception means."""
    return "".join([words for key, words in PLAIN if key in what][:1])


def parameters(name, source):
    """The names of a function's parameters, out of its source."""
    inside = source.split(f"def {name}(")[1].split(")")[0]
    return [one.strip() for one in inside.split(",")]


def copied(value):
    """A list, with those in it, that an answer may write into."""
    return [copied(one) for one in value] if isinstance(value, list) else value


def results(function, cases):
    """What a function gives in each case, as numbers."""
    return [numbers(function(*[copied(one) for one in case])) for case in cases]


def numbers(value):
    """What an answer gave: a float, or a list of them."""
    if value is None or value is Ellipsis:
        raise Unusable("it returns None: is a `return` missing?")
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, (list, tuple)):
        inside = [numbers(one) for one in value]
        if all(shape(one) == shape(inside[0]) for one in inside):
            return inside
    raise Unusable(f"it gives a {type(value).__name__} where numbers are expected")


def shape(value):
    """The lengths of a list, of the lists in it, and so on; of a number none."""
    if not isinstance(value, list):
        return ()
    return (len(value),) + (shape(value[0]) if value else ())


def flat(value):
    """The numbers of nested lists, one after another."""
    if not isinstance(value, list):
        return [value]
    return [number for one in value for number in flat(one)]


def close(one, other):
    """Whether two numbers agree."""
    return one == other or abs(one - other) <= ATOL + RTOL * abs(other)


def same(given, right):
    """Whether the results of two functions agree in one case."""
    pairs = zip(flat(given), flat(right))
    return shape(given) == shape(right) and all(close(*pair) for pair in pairs)


def all_same(given, right):
    """Whether they agree in all cases."""
    return all(same(*pair) for pair in zip(given, right))


def scaled(value, factor):
    """Each number of nested lists times a factor."""
    if isinstance(value, list):
        return [scaled(one, factor) for one in value]
    return factor * value


def fault_of(given, right, known, names):
    """What is wrong with the results of an answer; empty if nothing is."""
    if all_same(given, right):
        return ""
    for words, mistake in known["MISTAKES"]:
        if all_same(given, results(mistake, known["CASES"])):
            return words
    at = [same(*pair) for pair in zip(given, right)].index(False)
    shown = [f"{k} = {v}" for k, v in zip(names, known["CASES"][at])]
    return of_form(given[at], right[at], shown) or usual(given, right, at, shown)


def in_words(value):
    """The shape of a result."""
    if not isinstance(value, list):
        return "one number"
    inside = f"lists of {shape(value)[1]}" if len(shape(value)) > 1 else "numbers"
    return f"a list of {len(value)} {inside}"


def of_form(given, right, shown):
    """A wrong shape, or a number that is none."""
    case = "for " + ", ".join(shown) + " "
    if shape(given) != shape(right):
        expected = f"and {in_words(right)} is expected"
        return f"{case}the result is {in_words(given)}, {expected}"
    bad = [one for one in flat(given) if not math.isfinite(one)]
    return f"{case}it gives {bad[0]}" if bad else ""


def usual(given, right, at, shown):
    """A slip that is made everywhere, or else how far off the first number is."""
    for factor, words in FACTORS:
        if all_same(given, [scaled(one, factor) for one in right]):
            return words
    pairs = list(zip(flat(given[at]), flat(right[at])))
    one, other = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
    side = "large" if one > other else "small"
    return f"for {', '.join(shown)} it gives {one:.5g}, which is too {side}"

"""Kinds of stored properties for random heaps: a declaration, and the statements that make one refer to objects.

Each kind is a function of a random generator and returns the declaration's type and default, how many objects it takes
at most, and a function that writes the statements and says which of the objects are referred to and how. What is left
over in memory (removed elements, other cases, small values in large buffers) refers to nothing.
"""

STRONG, WEAK, UNOWNED, UNMANAGED = "strong", "weak", "unowned", "unmanaged"


def optional(random):
    return "Node?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(STRONG, others[0])])


def exact_type(random):
    """The class itself, so that the static type is narrower than the base class."""
    return "Leaf?", "nil", 1, lambda at, others: (
        [f"let leaf = Leaf({others[0]})", "leaves.append(leaf)", f"{at} = leaf"],
        [(STRONG, "leaf")],
    )


def existential(random):
    return "(any Thing)?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(STRONG, others[0])])


def anything_with_object(random):
    return "Any?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(STRONG, others[0])])


def anything_small(random):
    """A small value in a buffer that had references before."""
    return "Any?", "nil", 2, lambda at, others: (
        [f"{at} = Pair(one: {others[0]}, other: {others[1]}, number: 1)", f"{at} = seed"],
        [],
    )


def anything_with_struct(random):
    return "Any?", "nil", 2, lambda at, others: (
        [f"{at} = Pair(one: {others[0]}, other: {others[1]}, number: 7)"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def anything_large(random):
    """Too large for the buffer: in a box."""
    return "Any?", "nil", 2, lambda at, others: (
        [f"{at} = Large(text: text(seed), pair: Pair(one: {others[0]}, other: {others[1]}, number: 2), more: (1, 2))"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def struct_existential(random):
    return "(any Valued)?", "nil", 2, lambda at, others: (
        [f"{at} = Pair(one: {others[0]}, other: {others[1]}, number: 3)"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def struct(random):
    return "Pair", "Pair()", 2, lambda at, others: (
        [f"{at}.one = {others[0]}", f"{at}.other = {others[1]}"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def tuple_field(random):
    return "(Int, Node?, String, Node?)", '(1, nil, "", nil)', 2, lambda at, others: (
        [f"{at}.1 = {others[0]}", f"{at}.2 = text(seed)", f"{at}.3 = {others[1]}"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def enumeration(random):
    """The case that is there counts; what other cases left behind does not."""
    case = random.choice(["one", "two", "number", "pair", "text", "none"])
    before = "{at} = .two({0}, {1})"

    def write(at, others):
        values = {
            "one": (f".one({others[0]})", [others[0]]),
            "two": (f".two({others[0]}, {others[1]})", others[:2]),
            "number": (".number(seed)", []),
            "pair": (f".pair(seed, {others[1]})", [others[1]]),
            "text": (".text(text(seed))", []),
            "none": (".none", []),
        }
        value, held = values[case]
        return [before.format(others[0], others[1], at=at), f"{at} = {value}"], [(STRONG, other) for other in held]

    return "Choice", ".none", 2, write


def optional_struct(random):
    """A value that is gone leaves words."""

    def write(at, others):
        lines = [f"{at} = Pair(one: {others[0]}, other: {others[1]}, number: seed)"]
        return lines + [f"{at} = nil"], []

    return "Pair?", "nil", 2, write


def indirect(random):
    return "Chain", ".end", 2, lambda at, others: (
        [f"{at} = .link({others[0]}, .link({others[1]}, .end))"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def weak(random):
    return "weak Node?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(WEAK, others[0])])


def unowned(random):
    return "unowned Node?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(UNOWNED, others[0])])


def unowned_unsafe(random):
    return "unowned(unsafe) Node?", "nil", 1, lambda at, others: ([f"{at} = {others[0]}"], [(UNMANAGED, others[0])])


def unmanaged(random):
    return "Unmanaged<Node>?", "nil", 1, lambda at, others: (
        [f"{at} = Unmanaged.passUnretained({others[0]})"],
        [(UNMANAGED, others[0])],
    )


def closure(random):
    return "(() -> Void)?", "nil", 2, lambda at, others: (
        [f"{at} = {{ [one = {others[0]}, two = {others[1]}, number = seed] in use(one, two, number) }}"],
        [(STRONG, others[0]), (STRONG, others[1])],
    )


def shared_variable(random):
    return "(() -> Void)?", "nil", 1, lambda at, others: (
        [f"var shared: Node? = {others[0]}", f"{at} = {{ use(shared, shared, seed); shared = nil }}"],
        [(STRONG, others[0])],
    )


def string(random):
    return "String", '""', 0, lambda at, others: ([f"{at} = text(seed)"], [])


def indexed_string(random):
    """Long, and not ASCII: asked for an offset it keeps an index behind its characters."""
    return "String", '""', 0, lambda at, others: (
        [f'{at} = text(seed) + String(repeating: "äöü", count: 60)', f"_ = {at}.utf16.count", f"touch({at})"],
        [],
    )


def array_of(element, value, count, declared=None):
    """An array that had more elements, in storage with room for more still."""

    def kind(random):
        extra = random.randrange(0, 4)

        def write(at, others):
            lines = [f"{at}.reserveCapacity({count + extra + random.randrange(0, 9)})"]
            lines += [f"{at}.append({value(other)})" for other in others[:count]]
            lines += [f"{at}.append({value(others[0])})" for _ in range(extra)]
            lines += [f"{at}.removeLast()" for _ in range(extra)]
            return lines, [(STRONG, other) for other in others[:count]]

        return declared or f"[{element}]", "[]", count, write

    return kind


def dictionary(random):
    gone = random.randrange(0, 6)

    def write(at, others):
        lines = [f"{at}[{n}] = {other}" for n, other in enumerate(others)]
        lines += [f"{at}[{100 + n}] = {others[0]}" for n in range(gone)]
        lines += [f"{at}.removeValue(forKey: {100 + n})" for n in range(gone)]
        return lines, [(STRONG, other) for other in others]

    return "[Int: Node]", "[:]", 3, write


def dictionary_of_text(random):
    def write(at, others):
        key = "a key that is long enough to be kept apart"
        lines = [f'{at}["{key} {n}"] = [{other}, {other}]' for n, other in enumerate(others)]
        return lines, [(STRONG, other) for other in others for _ in range(2)]

    return "[String: [Node]]", "[:]", 2, write


def dictionary_keys(random):
    def write(at, others):
        lines = [f"{at}[{other}] = seed" for other in others]
        return lines + [f"{at}.removeValue(forKey: {others[0]})"], [(STRONG, other) for other in others[1:]]

    return "[Node: Int]", "[:]", 3, write


def set_field(random):
    def write(at, others):
        lines = [f"{at}.insert({other})" for other in others]
        return lines + [f"{at}.remove({others[-1]})"], [(STRONG, other) for other in others[:-1]]

    return "Set<Node>", "[]", 3, write


KINDS = [
    optional, exact_type, existential, anything_with_object, anything_small, anything_with_struct, anything_large,
    struct_existential, struct, tuple_field, enumeration, optional_struct, indirect, weak, unowned, unowned_unsafe,
    unmanaged, closure, shared_variable, string, indexed_string, dictionary, dictionary_of_text, dictionary_keys,
    set_field,
    array_of("Node", lambda other: other, 3),
    array_of("Node?", lambda other: other, 2),
    array_of("Node", lambda other: other, 2, "ContiguousArray<Node>"),
    array_of("(Int, Node, String)", lambda other: f"(seed, {other}, text(seed))", 2),
    array_of("Choice", lambda other: f".one({other})", 2),
    array_of("Any", lambda other: other, 2),
    array_of("any Valued", lambda other: f"Pair(one: {other}, other: nil, number: 4)", 2),
    array_of("[Node]", lambda other: f"[{other}]", 2),
    array_of("Pair?", lambda other: f"Pair(one: {other}, other: nil, number: 5)", 2),
]

/// What the self-test tries apart, and what falls back to conservative reading apart.
enum LayoutPart: String, CaseIterable, Sendable {
    case classes, references, enums, existentials, functions, arrays, tables, captures, boxes, errors
}

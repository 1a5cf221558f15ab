/// The parts of layouts that the self-test checks one by one; each part that fails is read conservatively.
enum LayoutPart: String, CaseIterable, Sendable {
    case classes, references, enums, existentials, functions, arrays, tables, captures, boxes, errors
}

package import Tracking

/// Names a call stack, innermost frame first; inlined functions are frames of their own.
package typealias StackNaming = (Site) -> [Frame]

extension JSONWriter {
    mutating func stack(_ frames: [Frame], as key: String = "stack") {
        member(key, array: frames) { $0.frame($1) }
    }

    mutating func frame(_ frame: Frame) {
        object { json in
            json.member("function", frame.function)
            json.member("file", frame.file)
            json.member("line", frame.line)
            json.member("image", frame.image)
            json.member("address", hexadecimal: frame.address)
            json.member("inlined", frame.isInlined)
        }
    }
}

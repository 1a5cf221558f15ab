internal import CMemscope

/// The value of an environment variable; nil when it is not set, empty, or not trusted (setuid programs).
package func environment(_ name: String) -> String? {
    guard let value = unsafe mscope_environment(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}

/// The secret that a client must send to a server which other machines can reach.
package struct AccessToken: Sendable, Hashable {
    /// Only characters that can be in a cookie, in a header and, percent-encoded, in a link.
    package let text: String

    /// Makes a token from a text that the user chose.
    ///
    /// - Throws: `invalidToken` when the text is short enough to guess or contains other characters.
    package init(_ text: String) throws(MemscopeServerError) {
        guard text.utf8.count >= 16, text.utf8.allSatisfy(isTokenCharacter) else {
            throw MemscopeServerError(
                code: .invalidToken,
                message: "a token (MEMSCOPE_TOKEN or the configuration) needs at least 16 characters out of "
                    + "A-Z a-z 0-9 - . _ ~ + / ="
            )
        }
        self.text = text
    }

    /// Makes a token of 128 random bits as 32 hexadecimal digits.
    package static func random() -> AccessToken {
        // The generator uses getrandom(2) on Linux, see stdlib/public/stubs/Random.cpp.
        var source = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in String(UInt8.random(in: 0..<16, using: &source), radix: 16) }
        return AccessToken(checked: digits.joined())
    }

    private init(checked text: String) {
        self.text = text
    }

    /// Whether `offer` is the token; the time does not depend on the first difference, so that it reveals nothing.
    package func matches(_ offer: String) -> Bool {
        let secret = Array(text.utf8)
        let offer = Array(offer.utf8)
        var difference = secret.count ^ offer.count
        for index in secret.indices {
            difference |= Int(secret[index] ^ (index < offer.count ? offer[index] : 0))
        }
        return difference == 0
    }

    /// The token as the value of a query parameter.
    var percentEncoded: String {
        text.utf8.map { byte in
            ["+", "/", "="].contains(Character(UnicodeScalar(byte)))
                ? "%" + String(byte, radix: 16, uppercase: true) : String(UnicodeScalar(byte))
        }.joined()
    }
}

private func isTokenCharacter(_ byte: UInt8) -> Bool {
    switch UnicodeScalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "+", "/", "=": true
    default: false
    }
}

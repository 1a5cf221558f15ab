import MemscopeServer
import Testing

@Suite("Actions") struct ActionTests {
    @Test("A mark is on the timeline under its name") func mark() {
        let api = API()
        let answer = api.post("/api/mark", #"{"name":"deploy"}"#)
        #expect(answer.status == 201)
        #expect(answer.data.mark.name.text == "deploy")
        let marks = api.get("/api/timeline").data.marks.list
        #expect(marks.map(\.name.text) == ["deploy"])
        #expect(marks.first?.time.number == answer.data.mark.time.number)
    }

    @Test(
        "Every way to write a name is read",
        arguments: [
            (#"{"name":"a\"b\\c\/d"}"#, "a\"b\\c/d"), (#"{"name":"\n\t\r\b\f"}"#, "\n\t\r\u{8}\u{C}"),
            (#"{"name":"\u00e9\u20AC"}"#, "é€"),
            (#"{"name":"\ud83d\ude00"}"#, "😀"), (#"{"name":"日本"}"#, "日本"),
            ("\r\n\t { \"name\" :\n\"x\" } \n", "x"), (#"{"name":"\u0001"}"#, "\u{1}"),
            (#"{"\u006eame":"x"}"#, "x"),
        ]
    )
    func escapes(body: String, name: String) {
        let api = API()
        #expect(api.post("/api/mark", body).data.mark.name.text == name)
        #expect(api.get("/api/timeline").data.marks.list.map(\.name.text) == [name])
    }

    @Test(
        "What is no JSON object of strings is refused",
        arguments: [
            "x", "{", "}", "[]", "\"name\"", "null", "{\"name\"}", "{\"name\":}", "{\"name\":1}", "{\"name\":null}",
            "{\"name\":[\"x\"]}", "{\"name\":\"x\"", "{\"name\":\"x\"}}", "{\"name\":\"x\",}", "{,\"name\":\"x\"}",
            "{name:\"x\"}", "{'name':'x'}", "{\"name\":\"x\" \"y\":\"z\"}", "{\"name\":\"x\"} x", "{\"name\":\"\n\"}",
            #"{"name":"\x"}"#, #"{"name":"\u12"}"#, #"{"name":"\u12G4"}"#, #"{"name":"\ud83d"}"#,
            #"{"name":"\ud83dx"}"#, #"{"name":"\ud83d\u0041"}"#, #"{"name":"\ude00"}"#, #"{"name":"\"#,
            "{\"name\":\"x\",\"name\":\"y\"}", "\u{FEFF}{\"name\":\"x\"}", "{\"name\":\"x\"}\0",
        ]
    )
    func notJSON(body: String) {
        let answer = API().post("/api/mark", body)
        #expect(answer.status == 400)
        #expect(answer.error.code.text == "bad-body")
        #expect(answer.error.message.text == "the body is not a JSON object of strings")
        #expect(answer.error.hint.text == #"send {"name":"…"}"#)
    }

    @Test("Text that is not UTF-8 is refused") func notUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
            let body = Array(#"{"name":""#.utf8) + bytes + Array(#""}"#.utf8)
            #expect(API().respond("POST", "/api/mark", body).status == 400)
        }
    }

    @Test("A missing, empty, long or unknown member is refused by name") func members() {
        let api = API()
        #expect(api.post("/api/mark").error.message.text == "\"name\" is missing")
        #expect(api.post("/api/mark", "{}").error.message.text == "\"name\" is missing")
        #expect(api.post("/api/mark", #"{"name":""}"#).error.message.text == "\"name\" has 0 characters")
        let long = String(repeating: "é", count: 201)
        #expect(api.post("/api/mark", "{\"name\":\"\(long)\"}").error.message.text == "\"name\" has 201 characters")
        #expect(api.post("/api/mark", "{\"name\":\"\(long.dropFirst())\"}").status == 201)
        let zero = api.post("/api/mark", #"{"name":"a\u0000"}"#)
        #expect(zero.status == 400 && zero.error.message.text == "\"name\" has a zero character")
        for name in ["now", "s1", "s00"] {
            let reserved = api.post("/api/snapshots", "{\"name\":\"\(name)\"}")
            #expect(reserved.status == 400 && reserved.error.message.text?.contains("\"\(name)\"") == true)
        }
        #expect(api.post("/api/mark", #"{"name":"s1"}"#).status == 201)
        let unknown = api.post("/api/snapshots", #"{"title":"x"}"#)
        #expect(unknown.status == 400)
        #expect(unknown.error.message.text == "unknown member \"title\"")
        #expect(unknown.error.hint.text == #"accepted: {"name":"…"}"#)
        #expect(api.get("/api/snapshots").data.snapshots.list.isEmpty)
        #expect(api.post("/api/mark?name=x", #"{"name":"x"}"#).error.code.text == "bad-parameter")
    }

    @Test("A bad mode is refused with the words there are", arguments: ["", "Full", "FULL ", "on", "sampled,full"])
    func badMode(word: String) {
        let answer = API().post("/api/mode", "{\"mode\":\"\(word)\"}")
        #expect(answer.status == 400)
        #expect(answer.error.message.text == "\"\(word)\" is no mode")
        #expect(answer.error.hint.text == "one of full, balanced, sampled, off")
        #expect(API().get("/api/config").data.mode.text == "full")
    }

    @Test("The mode is set, and answers tell that figures are no longer measured") func mode() async {
        await #expect(processExitsWith: .success) {
            let api = API()
            #expect(api.get("/api/summary").json.quality.text == "measured")
            for word in ["balanced", "sampled", "off", "full"] {
                let answer = api.post("/api/mode", "{\"mode\":\"\(word)\"}")
                #expect(answer.status == 200)
                #expect(answer.data.mode.text == word)
                #expect(api.get("/api/summary").json.mode.text == word)
                #expect(MemScope.mode.rawValue == word)
            }
            // There was a gap.
            #expect(api.get("/api/summary").json.quality.text == "sampled")
        }
    }

    @Test("A route under the other method is refused with the right one") func methods() {
        let answer = API().post("/api/summary")
        #expect(answer.status == 405)
        #expect(answer.error.hint.text == "use GET, HEAD")
        #expect(API().get("/api/mark").error.hint.text == "use POST")
    }
}

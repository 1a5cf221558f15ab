import Tracking

/// The part of the OpenAPI document that does not depend on the routes.
enum OpenAPIComponents {
    static let json = #"""
        {
          "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"}
          },
          "responses": {\#(responses)},
          "schemas": {
            "Time": {"type": "integer", "minimum": 0, "description": "Monotonic nanoseconds."},
            "Process": {
              "type": "object",
              "required": ["pid", "name", "startedAt", "wallAnchor"],
              "additionalProperties": false,
              "properties": {
                "pid": {"type": "integer"},
                "name": {"type": "string"},
                "startedAt": {"$ref": "#/components/schemas/Time"},
                "wallAnchor": {
                  "type": "object",
                  "description": "One moment on both clocks.",
                  "required": ["monotonic", "unix"],
                  "additionalProperties": false,
                  "properties": {
                    "monotonic": {"$ref": "#/components/schemas/Time"},
                    "unix": {"type": "integer", "description": "Nanoseconds since 1970."}
                  }
                }
              }
            },
            "Envelope": {
              "type": "object",
              "required": [
                "schemaVersion", "generatedAt", "process", "mode", "quality", "dropped", "truncated"
              ],
              "properties": {
                "schemaVersion": {"const": \#(WireFormat.schemaVersion)},
                "generatedAt": {"$ref": "#/components/schemas/Time"},
                "process": {"$ref": "#/components/schemas/Process"},
                "mode": {"enum": \#(choices(MemScope.Mode.self))},
                "quality": {"enum": \#(choices(Quality.self))},
                "dropped": {"type": "integer", "minimum": 0},
                "truncated": {"type": "boolean", "description": "Whether data left something out."}
              }
            },
            "Answer": {
              "allOf": [{"$ref": "#/components/schemas/Envelope"}],
              "required": ["data"],
              "unevaluatedProperties": false,
              "properties": {"data": {"type": "object"}}
            },
            "Unavailable": {
              "allOf": [{"$ref": "#/components/schemas/Envelope"}],
              "required": ["available", "reason", "enable"],
              "unevaluatedProperties": false,
              "properties": {
                "available": {"const": false},
                "reason": {"type": "string"},
                "enable": {"type": "string", "description": "What would make it available."}
              }
            },
            "Error": {
              "type": "object",
              "required": ["error"],
              "properties": {
                "error": {
                  "type": "object",
                  "required": ["code", "message", "hint"],
                  "properties": {
                    "code": {"enum": \#(codes)},
                    "message": {"type": "string", "description": "What was wrong."},
                    "hint": {"type": "string", "description": "What is accepted."}
                  }
                },
                "routes": {"type": "array", "items": {"type": "string"}, "description": "With 404: what answers."}
              }
            }
          }
        }
        """#

    /// The meaning of each status of a refusal; `error.code` gives more details.
    private static let refusals = [
        (400, "A parameter, the body, or the head of the request is not as it should be."),
        (401, "The token is missing, or another one."),
        (403, "The Host or the Origin is not one that is served."),
        (404, "There is nothing of that name, or at that address."),
        (408, "The request did not arrive in full in time, or gave way to another client."),
        (411, "A body without Content-Length."),
        (413, "The body is too large."),
        (415, "The body is no JSON, or is encoded."),
        (431, "The head of the request is too large."),
        (500, "A defect of MemScope."),
        (503, "As many requests of this kind as may run at a time do; come again after Retry-After."),
        (505, "Another version of HTTP than 1.1 and 1.0."),
    ]

    private static var responses: String {
        refusals.map { status, about in
            ##""\##(status)": {"description": "\##(about)", \##(headers(of: status))"content": "##
                + ##"{"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}"##
        }.joined(separator: ", ")
    }

    private static func headers(of status: Int) -> String {
        switch status {
        case 401: #""headers": {"WWW-Authenticate": {"schema": {"const": "Bearer"}}}, "#
        case 503: #""headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}, "#
        default: ""
        }
    }

    private static let codes =
        #"["bad-request", "bad-parameter", "bad-body", "not-found", "method-not-allowed", "#
        + #""forbidden-host", "forbidden-origin", "unauthorized", "too-large", "busy", "internal"]"#

    private static func choices<Word: RawRepresentable<String> & CaseIterable>(_ words: Word.Type) -> String {
        "[" + Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "]"
    }
}

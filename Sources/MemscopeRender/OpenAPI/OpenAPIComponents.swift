import Tracking

/// The part of the OpenAPI document that does not depend on the routes.
enum OpenAPIComponents {
    static let json = #"""
        {
          "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"}
          },
          "responses": {
            "Error": {
              "description": "The request was refused; error.code says why.",
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
            }
          },
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
                    "code": {"type": "string"},
                    "message": {"type": "string", "description": "What was wrong."},
                    "hint": {"type": "string", "description": "What is accepted."}
                  }
                },
                "routes": {"type": "array", "items": {"type": "string"}}
              }
            }
          }
        }
        """#

    private static func choices<Word: RawRepresentable<String> & CaseIterable>(_ words: Word.Type) -> String {
        "[" + Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "]"
    }
}

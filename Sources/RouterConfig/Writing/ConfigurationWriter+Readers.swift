/// The readers of prompts: `global.model_catalog`.
extension ConfigurationWriter {
  func modelCatalog(_ settings: GlobalSettings) -> DocumentNode {
    var catalog = Fields()
    let semantic = semantic(settings.embeddings)
    if !semantic.isEmpty { catalog.add("embeddings", mapping([("semantic", mapping(semantic))])) }
    var modules = Fields()
    let promptGuard = promptGuard(settings.promptGuard)
    if !promptGuard.isEmpty { modules.add("prompt_guard", mapping(promptGuard)) }
    var classifier = Fields()
    classifier.add(
      "domain",
      mapping([
        ("threshold", number(settings.domainThreshold)), ("fallback_category", text(settings.fallbackCategory)),
      ]))
    let personalData = personalData(settings.personalData)
    if !personalData.isEmpty { classifier.add("pii", mapping(personalData)) }
    modules.add("classifier", mapping(classifier.pairs))
    catalog.add("modules", mapping(modules.pairs))
    return mapping(catalog.pairs)
  }

  private func promptGuard(_ settings: PromptGuardSettings) -> [(String, DocumentNode)] {
    let usual = PromptGuardSettings()
    var fields = Fields()
    if settings.threshold != usual.threshold { fields.add("threshold", number(settings.threshold)) }
    if settings.positiveLabels != usual.positiveLabels {
      fields.add("positive_labels", list(settings.positiveLabels.map(text)))
    }
    if settings.onError != usual.onError { fields.add("on_error", text(settings.onError.rawValue)) }
    return fields.pairs
  }

  private func personalData(_ settings: PersonalDataSettings) -> [(String, DocumentNode)] {
    let usual = PersonalDataSettings()
    var fields = Fields()
    if settings.threshold != usual.threshold { fields.add("threshold", number(settings.threshold)) }
    if settings.onError != usual.onError { fields.add("on_error", text(settings.onError.rawValue)) }
    return fields.pairs
  }

  private func semantic(_ settings: EmbeddingSettings) -> [(String, DocumentNode)] {
    let usual = EmbeddingSettings()
    var fields = Fields()
    switch settings.encoder {
    case .cached: break
    case .path(let path): fields.add("bert_model_path", text(path))
    case .none: fields.add("bert_model_path", text("none"))
    }
    if settings.workers != usual.workers { fields.add("workers", number(settings.workers)) }
    if settings.deadline != usual.deadline { fields.add("deadline", duration(settings.deadline)) }
    var likeness = Fields()
    if settings.topRules != usual.topRules { likeness.add("top_k", number(settings.topRules)) }
    if settings.matchesSoftly != usual.matchesSoftly {
      likeness.add("enable_soft_matching", boolean(settings.matchesSoftly))
    }
    if settings.lowestScore != usual.lowestScore {
      likeness.add("min_score_threshold", number(settings.lowestScore))
    }
    if !likeness.pairs.isEmpty { fields.add("embedding_config", mapping(likeness.pairs)) }
    return fields.pairs
  }
}

extension ConfigurationSchema {
  /// The types of rules that decisions may refer to and the key under `routing.signals` that declares them;
  /// projections are declared elsewhere.
  static let signalKeyByRuleType: [(type: String, key: String)] = [
    ("keyword", "keywords"), ("domain", "domains"), ("language", "language"), ("context", "context"),
    ("structure", "structure"), ("conversation", "conversation"), ("metadata", "metadata"),
    ("embedding", "embeddings"), ("fact_check", "fact_check"), ("user_feedback", "user_feedbacks"),
    ("reask", "reasks"), ("preference", "preferences"), ("complexity", "complexity"), ("modality", "modality"),
    ("authz", "role_bindings"), ("jailbreak", "jailbreak"), ("pii", "pii"), ("kb", "kb"), ("event", "events"),
    ("classifier", "classifiers"),
  ]

  /// Families that this build reads, by their key.
  static let readFamilies: Set<String> = [
    "keywords", "domains", "language", "context", "structure", "conversation", "metadata", "jailbreak", "pii",
    "embeddings",
  ]

  private static func family(_ key: String, _ meaning: String) -> ConfigurationKey {
    ConfigurationKey("routing.signals.\(key)", .anything, .notYet(.signalFamily(key), harmless: []), meaning)
  }

  static func predicateKeys(of path: String, _ meaning: String) -> [ConfigurationKey] {
    let any = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    return [
      .init("\(path).predicate", .object, meaning),
      .init("\(path).predicate.gt", .number(any), "The number must be greater."),
      .init("\(path).predicate.gte", .number(any), "The number must be greater or equal."),
      .init("\(path).predicate.lt", .number(any), "The number must be less."),
      .init("\(path).predicate.lte", .number(any), "The number must be less or equal."),
    ]
  }

  /// `routing.signals`.
  static let signalKeys: [ConfigurationKey] =
    textSignalKeys + structureKeys
    + predicateKeys(of: "routing.signals.structure[]", "Bounds on the measure; left out, it must be above 0.")
    + conversationKeys
    + predicateKeys(of: "routing.signals.conversation[]", "Bounds on the number; left out, it must be above 0.")
    + metadataKeys + guardKeys + embeddingKeys + otherFamilyKeys

  private static let textSignalKeys: [ConfigurationKey] = [
    .init("routing.signals.keywords", .objects(uniqueBy: "name"), "Words or patterns in the prompt."),
    .init("routing.signals.keywords[].name", .name, required: true, "The rule's name."),
    .init(
      "routing.signals.keywords[].operator",
      .choice(KeywordRule.Operator.allCases.map(\.rawValue), ignoringCase: true), default: "OR",
      "Whether all, any or none of the keywords must be found."),
    .init("routing.signals.keywords[].keywords", .texts, required: true, "The words, phrases or patterns."),
    .init("routing.signals.keywords[].case_sensitive", .boolean, default: "false", "Whether letter case counts."),
    .init(
      "routing.signals.keywords[].method",
      .choice(KeywordRule.Method.allCases.map(\.rawValue), ignoringCase: false), default: "whole words",
      "How keywords are looked for: left out, as whole words in any script; `regex`, as RE2 patterns; `bm25` and "
        + "`ngram`, by likeness; `fuzzy`, as words with a few wrong letters."),
    .init("routing.signals.keywords[].fuzzy_match", .boolean, default: "false", "The same as `method: fuzzy`."),
    .init(
      "routing.signals.keywords[].fuzzy_threshold", .integer(0...16), default: "2",
      "Most letters that may differ (`fuzzy`)."),
    .init(
      "routing.signals.keywords[].bm25_threshold", .number(nonNegativeNumber), default: "0.1",
      "Least score (`bm25`)."),
    .init(
      "routing.signals.keywords[].ngram_threshold", .number(fraction), default: "0.4", "Least likeness (`ngram`)."),
    .init(
      "routing.signals.keywords[].ngram_arity", .integer(1...8), default: "3", "Letters in an n-gram (`ngram`)."),
    .init(
      "routing.signals.domains", .objects(uniqueBy: "name"),
      default: "those that decisions name", "Subjects of prompts."),
    .init("routing.signals.domains[].name", .name, required: true, "The domain's name."),
    .init("routing.signals.domains[].description", .text, "What belongs to it."),
    .init(
      "routing.signals.domains[].mmlu_categories", .texts, default: "the name",
      "Which of the 14 labels mean this domain: \(DomainLabel.allCases.map(\.rawValue).joined(separator: ", "))."),
    .init(
      "routing.signals.domains[].model_scores", .anything, .informative, "Scores of models, from older formats."),
    .init("routing.signals.language", .objects(uniqueBy: "name"), "The prompt's language."),
    .init("routing.signals.language[].name", .name, required: true, "Its ISO 639-1 code, such as `en`."),
    .init("routing.signals.language[].description", .text, .informative, "For people."),
    .init("routing.signals.language[].threshold", .number(fraction), default: "0.3", "Least confidence."),
    .init("routing.signals.context", .objects(uniqueBy: "name"), "The request's size in tokens."),
    .init("routing.signals.context[].name", .name, required: true, "The rule's name."),
    .init("routing.signals.context[].description", .text, .informative, "For people."),
    .init("routing.signals.context[].min_tokens", .tokenCount, default: "0", "Least size, such as `4K`; inclusive."),
    .init(
      "routing.signals.context[].max_tokens", .tokenCount, default: "no bound", "Greatest size; inclusive."),
  ]

  private static let structureKeys: [ConfigurationKey] =
    [
      .init("routing.signals.structure", .objects(uniqueBy: "name"), "The shape of the prompt's text."),
      .init("routing.signals.structure[].name", .name, required: true, "The rule's name."),
      .init("routing.signals.structure[].description", .text, .informative, "For people."),
      .init("routing.signals.structure[].feature", .object, required: true, "What is measured."),
      .init(
        "routing.signals.structure[].feature.type",
        .choice(StructureRule.FeatureType.allCases.map(\.rawValue), ignoringCase: false), required: true,
        "Whether it is there, how often, how often for the text's length, or whether it comes in order."),
      .init("routing.signals.structure[].feature.source", .object, required: true, "What is looked for."),
      .init(
        "routing.signals.structure[].feature.source.type",
        .choice(["regex", "keyword_set", "sequence", "text_bytes"], ignoringCase: false), required: true,
        "The kind of thing."),
      .init("routing.signals.structure[].feature.source.pattern", .name, "The RE2 pattern (`regex`)."),
      .init("routing.signals.structure[].feature.source.keywords", .texts, "The words (`keyword_set`)."),
      .init(
        "routing.signals.structure[].feature.source.case_sensitive", .boolean, default: "false",
        "Whether letter case counts."),
      .init(
        "routing.signals.structure[].feature.source.sequences", .textLists,
        "Lists of markers, each to be found in order (`sequence`)."),
    ]

  private static let conversationKeys: [ConfigurationKey] =
    [
      .init("routing.signals.conversation", .objects(uniqueBy: "name"), "Facts of the request around its text."),
      .init("routing.signals.conversation[].name", .name, required: true, "The rule's name."),
      .init("routing.signals.conversation[].description", .text, .informative, "For people."),
      .init("routing.signals.conversation[].feature", .object, required: true, "What is counted."),
      .init(
        "routing.signals.conversation[].feature.type",
        .choice(ConversationRule.FeatureType.allCases.map(\.rawValue), ignoringCase: false), required: true,
        "Whether it is there, or how often."),
      .init("routing.signals.conversation[].feature.source", .object, required: true, "What is looked for."),
      .init(
        "routing.signals.conversation[].feature.source.type",
        .choice(
          [
            "message", "tool_definition", "assistant_tool_call", "assistant_tool_cycle", "active_tool_loop",
            "image_content",
          ], ignoringCase: false), required: true, "The kind of thing."),
      .init(
        "routing.signals.conversation[].feature.source.role",
        .choice(["user", "assistant", "system", "developer", "tool", "non_user"], ignoringCase: false),
        default: "all", "The role of the messages (`message`)."),
    ]

  private static let metadataKeys: [ConfigurationKey] =
    [
      .init("routing.signals.metadata", .objects(uniqueBy: "name"), "Keys of the body's `metadata` object."),
      .init("routing.signals.metadata[].name", .name, required: true, "The rule's name."),
      .init("routing.signals.metadata[].description", .text, .informative, "For people."),
      .init("routing.signals.metadata[].key", .name, required: true, "The key."),
      .init(
        "routing.signals.metadata[].predicate", .object, required: true, "What its value must be: one of the three."),
      .init("routing.signals.metadata[].predicate.equals", .text, "This text."),
      .init("routing.signals.metadata[].predicate.in", .texts, "One of these texts."),
      .init("routing.signals.metadata[].predicate.exists", .boolean, "There, or not there."),
    ]

  private static let guardKeys: [ConfigurationKey] = [
    .init("routing.signals.jailbreak", .objects(uniqueBy: "name"), "Attempts to break the model's rules."),
    .init("routing.signals.jailbreak[].name", .name, required: true, "The rule's name."),
    .init("routing.signals.jailbreak[].description", .text, .informative, "For people."),
    .init(
      "routing.signals.jailbreak[].method", .choice(["", "classifier", "contrastive", "hybrid"], ignoringCase: false),
      default: "classifier",
      "How the risk is told: `classifier`, by the guard; `contrastive`, by likeness to examples, which needs an "
        + "encoder; `hybrid` is read as `classifier`."),
    .init(
      "routing.signals.jailbreak[].threshold", .number(fraction),
      default: "`prompt_guard.threshold`; 0.1 (`contrastive`)",
      "The risk that matches; 0 is the default."),
    .init(
      "routing.signals.jailbreak[].include_history", .boolean, default: "false",
      "Whether earlier messages are read too: users' and assistants' texts and tools' results."),
    .init(
      "routing.signals.jailbreak[].jailbreak_patterns", .texts, "Examples of attacks (`contrastive`), 1 000 at most."),
    .init(
      "routing.signals.jailbreak[].benign_patterns", .texts,
      "Examples of harmless prompts (`contrastive`), 1 000 at most."
    ),
    .init("routing.signals.pii", .objects(uniqueBy: "name"), "Personal data of types that are not allowed."),
    .init("routing.signals.pii[].name", .name, required: true, "The rule's name."),
    .init("routing.signals.pii[].description", .text, .informative, "For people."),
    .init(
      "routing.signals.pii[].threshold", .number(fraction), default: "`classifier.pii.threshold`",
      "The confidence from which a find counts; 0 is the default."),
    .init(
      "routing.signals.pii[].pii_types_allowed", .texts, default: "none", "Types that do not match, such as `GPE`."),
    .init(
      "routing.signals.pii[].include_history", .boolean, default: "false",
      "Whether earlier messages are read too: users' and assistants' texts and tools' results."),
  ]

  private static let embeddingKeys: [ConfigurationKey] = [
    .init(
      "routing.signals.embeddings", .objects(uniqueBy: "name"), "Likeness to example phrases; needs an encoder."),
    .init("routing.signals.embeddings[].name", .name, required: true, "The rule's name."),
    .init("routing.signals.embeddings[].description", .text, .informative, "For people."),
    .init(
      "routing.signals.embeddings[].threshold", .number(fraction), required: true, "The likeness that matches."),
    .init("routing.signals.embeddings[].candidates", .texts, required: true, "The phrases, 1 000 at most."),
    .init(
      "routing.signals.embeddings[].aggregation_method",
      .choice(EmbeddingRule.Aggregation.allCases.map(\.rawValue), ignoringCase: false), default: "mean",
      "How likeness to several phrases becomes one number: their `mean`; or `max` (the same as `any`), by the best ones."
    ),
    .init(
      "routing.signals.embeddings[].query_modality", .choice(["", "text"], ignoringCase: false), default: "text",
      "What is compared. This version reads texts."),
  ]

  private static let otherFamilyKeys: [ConfigurationKey] = [
    family("fact_check", "Whether the answer will need its facts checked."),
    family("user_feedbacks", "What the user thinks of the last answer."),
    family("reasks", "Whether the user asks the same again."),
    family("preferences", "Which described route fits."),
    family("complexity", "Whether the question is hard or easy."),
    family("modality", "Whether text or an image is asked for."),
    family("role_bindings", "Who asks (rule type `authz`)."),
    family("kb", "Likeness to the labels of a knowledge base."),
    family("events", "Operational events (rule type `event`)."),
    family("classifiers", "Custom classifiers (rule type `classifier`)."),
  ]
}

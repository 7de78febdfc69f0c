import RouterConfig
import Testing

@Suite("A document that uses the whole schema") struct UpstreamDocumentTests {
  /// Every section that this version loads without acting on it, besides some that it acts on.
  static let yaml = """
    version: v0.3
    listeners: [{name: http, address: 0.0.0.0, port: 8899, timeout: 300s}]
    setup: {mode: guided}
    providers:
      defaults:
        default_model: small
        reasoning_families: {gpt: {type: reasoning_effort, parameter: reasoning_effort}}
      models:
        - name: small
          reasoning_family: gpt
          api_format: openai
          pricing: {prompt_per_1m: 0.1, cached_input_per_1m: 0.01, cache_write_per_1m: 0.2}
          reliability:
            lb_policy: least_request
            retry_count: 3
            retry_on: "5xx,gateway-error"
            consecutive_5xx: 5
            base_ejection_time: 30s
            max_ejection_percent: 20
            health_check_path: /healthz
            health_check_interval: 10s
            health_check_timeout: 1s
          backend_refs: [{endpoint: "small:8000"}]
        - name: large
          api_format: anthropic
          backend_refs: [{base_url: "https://api.anthropic.com", provider: anthropic, api_key: k}]
    routing:
      modelCards:
        - {name: small, param_size: 8b, context_window_size: 32768, capabilities: [chat], modality: ar, tags: [cheap], quality_score: 0.5}
        - {name: large}
      signals:
        keywords: [{name: urgent, operator: OR, keywords: [now]}]
        embeddings: [{name: support, threshold: 0.7, candidates: [help me], aggregation_method: max}]
        fact_check: [{name: needs_fact_check}, {name: no_fact_check_needed}]
        user_feedbacks: [{name: wrong_answer}]
        reasks: [{name: again, threshold: 0.8, lookback_turns: 2}]
        preferences: [{name: code, description: programming}]
        complexity: [{name: depth, threshold: 0.1, hard: {candidates: [prove]}, easy: {candidates: [hi]}}]
        modality: [{name: AR}, {name: DIFFUSION}]
        role_bindings: [{name: admins, subjects: [{kind: Group, name: admin}], role: admin}]
        jailbreak: [{name: attack, threshold: 0.7}]
        pii: [{name: personal, threshold: 0.7}]
        kb: [{name: private, kb: privacy_kb, target: {kind: group, value: private}}]
        events: [{name: outage, severities: [critical]}]
        classifiers: [{name: tone, type: local, model_path: models/tone, labels: [polite, rude]}]
      projections:
        scores: [{name: risk, method: weighted_sum, inputs: [{type: jailbreak, name: attack, weight: 1}]}]
        mappings: [{name: level, source: risk, method: threshold_bands, outputs: [{name: risky, gte: 0.5}]}]
      decisions:
        - name: everything
          priority: 7
          rules:
            operator: OR
            conditions:
              - {type: embedding, name: support}
              - {type: fact_check, name: needs_fact_check}
              - {type: user_feedback, name: wrong_answer}
              - {type: reask, name: again}
              - {type: preference, name: code}
              - {type: complexity, name: "depth:hard"}
              - {type: modality, name: AR}
              - {type: authz, name: admin}
              - {operator: NOT, conditions: [{type: jailbreak, name: attack}]}
              - {type: pii, name: personal}
              - {type: kb, name: private}
              - {type: event, name: outage}
              - {type: classifier, name: tone, label: rude, predicate: {gte: 0.9}, on_error: match}
              - {type: projection, name: risky}
          modelRefs: [{model: small, use_reasoning: true, reasoning_description: why}, {model: large}]
          algorithm: {type: multi_factor, multi_factor: {weights: {cost: 1}}, on_error: skip}
          output_contract: Answer in JSON.
          adaptations: {mode: observe}
          candidateIterations: [{variable: m, source: cards}]
          emits: [{kind: retention, retention: {drop: true}}]
          annotations: {owner: search}
          plugins:
            - {type: semantic-cache, configuration: {enabled: true, similarity_threshold: 0.9}}
            - {type: fast_response, configuration: {message: No.}}
            - {type: header_mutation, configuration: {add: [{name: a, value: b}]}}
            - {type: request_params, configuration: {max_n: 1}}
            - {type: tools, configuration: {enabled: true}}
            - {type: tool_selection, configuration: {enabled: true}}
            - {type: hallucination, configuration: {enabled: true}}
            - {type: response_jailbreak, configuration: {enabled: true}}
            - {type: rag, configuration: {enabled: true, backend: qdrant}}
            - {type: memory, configuration: {enabled: true}}
            - {type: context-compression, configuration: {enabled: true}}
            - {type: image_gen, configuration: {enabled: true, backend: openai}}
            - {type: router_replay, configuration: {enabled: true}}
            - {type: system_prompt, configuration: {system_prompt: Be kind.}}
    global:
      router:
        config_source: file
        clear_route_cache: true
        streamed_body: {enabled: false}
        model_selection: {enabled: true, method: knn}
        learning: {enabled: true}
      services:
        api: {batch_classification: {max_batch_size: 100}}
        response_api: {enabled: true, store_backend: memory}
        observability:
          tracing: {enabled: true, provider: opentelemetry}
          metrics: {enabled: true, windowed_metrics: {enabled: true}}
        authz: {fail_open: false}
        ratelimit: {fail_open: false}
        management_api: {bind_address: 127.0.0.1, port: 8080, remote_exposure: false, auth: {mode: disabled}}
        router_replay: {enabled: true}
        startup_status: {store_backend: file}
      stores:
        semantic_cache: {enabled: true, backend_type: memory}
        memory: {enabled: true}
        vector_store: {enabled: false, backend_type: memory}
      integrations: {tools: {enabled: true, top_k: 3}, looper: {endpoint: "http://localhost:8899"}}
      model_catalog:
        embeddings: {semantic: {mmbert_model_path: models/e}}
        system: {domain_classifier: models/d}
        external: []
        kbs: [{name: privacy_kb, source: {path: kb}, threshold: 0.5}]
        modules:
          prompt_compression: {enabled: false}
          prompt_guard: {enabled: true, threshold: 0.7}
          complexity: {prototype_scoring: {enabled: true}}
          hallucination_mitigation: {enabled: true}
          feedback_detector: {enabled: true}
          modality_detector: {enabled: true}
          classifier:
            domain: {model_ref: domain_classifier, threshold: 0.6, use_cpu: true, use_mmbert_32k: true, category_mapping_path: m.json}
            mcp: {enabled: false}
            pii: {threshold: 0.9}
            preference: {use_contrastive: true}
    """

  @Test("loads, and names each thing that this version does not do once")
  func warnings() throws {
    let loaded = try load(Self.yaml, strict: true)
    #expect(
      loaded.warnings.map(\.reason) == [
        "2 places set prices of cached tokens, which this version does not act on yet",
        "the document sets an API format other than openai, which this version does not act on yet",
        "2 rules are declared under signals.fact_check, which this version does not read yet: "
          + "conditions on them count as failed",
        "1 rule is declared under signals.user_feedbacks, which this version does not read yet: "
          + "conditions on them count as failed",
        "1 rule is declared under signals.reasks, which this version does not read yet: conditions on "
          + "them count as failed",
        "1 rule is declared under signals.preferences, which this version does not read yet: conditions "
          + "on them count as failed",
        "1 rule is declared under signals.complexity, which this version does not read yet: conditions "
          + "on them count as failed",
        "2 rules are declared under signals.modality, which this version does not read yet: conditions "
          + "on them count as failed",
        "1 rule is declared under signals.role_bindings, which this version does not read yet: "
          + "conditions on them count as failed",
        "1 rule is declared under signals.kb, which this version does not read yet: conditions on them "
          + "count as failed",
        "1 rule is declared under signals.events, which this version does not read yet: conditions on "
          + "them count as failed",
        "1 rule is declared under signals.classifiers, which this version does not read yet: conditions "
          + "on them count as failed",
        "the document sets projections of signals, which this version does not act on yet",
        "1 decision uses the algorithm multi_factor, which this version does not act on yet: static takes its place",
        "the document sets output contracts, which this version does not act on yet",
        "the document sets adaptations by router learning, which this version does not act on yet",
        "the document sets candidate iterations, which this version does not act on yet",
        "the document sets emitted directives, which this version does not act on yet",
        "1 decision uses the plugin response_cache, which this version does not act on yet",
        "1 decision uses the plugin header_mutation, which this version does not act on yet",
        "1 decision uses the plugin request_params, which this version does not act on yet",
        "1 decision uses the plugin tools, which this version does not act on yet",
        "1 decision uses the plugin tool_selection, which this version does not act on yet",
        "1 decision uses the plugin hallucination, which this version does not act on yet",
        "1 decision uses the plugin response_jailbreak, which this version does not act on yet",
        "1 decision uses the plugin rag, which this version does not act on yet",
        "1 decision uses the plugin memory, which this version does not act on yet",
        "1 decision uses the plugin context_compression, which this version does not act on yet",
        "1 decision uses the plugin image_gen, which this version does not act on yet",
        "1 decision uses the plugin router_replay, which this version does not act on yet",
        "the document sets learned model selection, which this version does not act on yet",
        "the document sets router learning, which this version does not act on yet",
        "the document sets batch classification, which this version does not act on yet",
        "the document sets a store for the Responses API, which this version does not act on yet",
        "the document sets tracing, which this version does not act on yet",
        "the document sets metrics over time windows, which this version does not act on yet",
        "the document sets authorisation, which this version does not act on yet",
        "the document sets rate limits, which this version does not act on yet",
        "the document sets access rules of the management API, which this version does not act on yet",
        "the document sets request replay, which this version does not act on yet",
        "the document sets a store for the start-up status, which this version does not act on yet",
        "the document sets a response cache, which this version does not act on yet",
        "the document sets conversation memory, which this version does not act on yet",
        "the document sets a tools database, which this version does not act on yet",
        "the document sets algorithms that call models themselves, which this version does not act on yet",
        "the document sets an encoder of another kind, which this version does not act on yet",
        "the document sets classification models, which this version does not act on yet",
        "the document sets knowledge bases, which this version does not act on yet",
        "the document sets the complexity classifier, which this version does not act on yet",
        "the document sets hallucination detection, which this version does not act on yet",
        "the document sets the feedback detector, which this version does not act on yet",
        "the document sets the modality detector, which this version does not act on yet",
        "2 places set a domain model of its own, which this version does not act on yet",
        "the document sets the preference classifier, which this version does not act on yet",
      ])
  }

  @Test("its Envoy clusters' reliability is ours")
  func reliability() throws {
    let models = try load(Self.yaml).document.providers.models
    #expect(
      models[0].reliability
        == ReliabilitySettings(
          retryCount: 3, consecutiveFailures: 5, baseEjectionTime: .seconds(30), maxEjectionPercent: 20,
          healthCheckPath: "/healthz", healthCheckInterval: .seconds(10), healthCheckTimeout: .seconds(1)))
    #expect(models[1].reliability == .defaults)
  }

  @Test("keeps conditions on signals of later in its trees")
  func tree() throws {
    let decision = try load(Self.yaml).document.routing.decisions[0]
    guard case .or(let conditions) = decision.rules else {
      Issue.record("no OR")
      return
    }
    #expect(conditions.count == 14)
    #expect(conditions[0] == .leaf(RuleLeaf(type: "embedding", name: "support")))
    #expect(
      conditions[12]
        == .leaf(
          RuleLeaf(
            type: "classifier", name: "tone", label: "rude", predicate: NumericPredicate(gte: 0.9), onError: .match)))
    #expect(decision.algorithm == "multi_factor")
    #expect(
      decision.plugins == [
        .fastResponse(FastResponsePlugin(message: "No.")), .systemPrompt(SystemPromptPlugin(prompt: "Be kind.")),
      ])
  }
}

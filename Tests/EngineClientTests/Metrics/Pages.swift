/// Metrics pages in the form in which engines print them.
enum Pages {
  /// vLLM's V1 engine with two data-parallel ranks, as Python's prometheus_client prints it.
  static let vllm = """
    # HELP python_gc_objects_collected_total Objects collected during gc
    # TYPE python_gc_objects_collected_total counter
    python_gc_objects_collected_total{generation="0"} 12345.0
    # HELP vllm:num_requests_running Number of requests in model execution batches.
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{engine="0",model_name="meta-llama/Llama-3.1-8B"} 3.0
    vllm:num_requests_running{engine="1",model_name="meta-llama/Llama-3.1-8B"} 4.0
    # TYPE vllm:num_requests_waiting gauge
    vllm:num_requests_waiting{engine="0",model_name="meta-llama/Llama-3.1-8B"} 1.0
    vllm:num_requests_waiting{engine="1",model_name="meta-llama/Llama-3.1-8B"} 0.0
    # TYPE vllm:engine_sleep_state gauge
    vllm:engine_sleep_state{engine="0",model_name="m",sleep_state="awake"} 0.0
    vllm:engine_sleep_state{engine="0",model_name="m",sleep_state="weights_offloaded"} 1.0
    vllm:engine_sleep_state{engine="0",model_name="m",sleep_state="discard_all"} 0.0
    # TYPE vllm:kv_cache_usage_perc gauge
    vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
    vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
    # TYPE vllm:prefix_cache_queries_total counter
    vllm:prefix_cache_queries_total{engine="0",model_name="m"} 1000.0
    # TYPE vllm:prefix_cache_queries_created gauge
    vllm:prefix_cache_queries_created{engine="0",model_name="m"} 1.7643216001234567e+09
    vllm:prefix_cache_hits_total{engine="0",model_name="m"} 400.0
    vllm:num_preemptions_total{engine="0",model_name="m"} 2.0
    vllm:prompt_tokens_total{engine="0",model_name="m"} 1.5e+06
    vllm:generation_tokens_total{engine="0",model_name="m"} 250000.0
    vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 90.0
    vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 10.0
    vllm:request_success_total{engine="0",finished_reason="abort",model_name="m"} 0.0
    # TYPE vllm:time_to_first_token_seconds histogram
    vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="m"} 0.0
    vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="m"} 50.0
    vllm:time_to_first_token_seconds_bucket{engine="0",le="0.5",model_name="m"} 90.0
    vllm:time_to_first_token_seconds_bucket{engine="0",le="1.0",model_name="m"} 100.0
    vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="m"} 100.0
    vllm:time_to_first_token_seconds_count{engine="0",model_name="m"} 100.0
    vllm:time_to_first_token_seconds_sum{engine="0",model_name="m"} 20.0
    vllm:inter_token_latency_seconds_bucket{engine="0",le="0.01",model_name="m"} 10.0
    vllm:inter_token_latency_seconds_bucket{engine="0",le="0.025",model_name="m"} 100.0
    vllm:inter_token_latency_seconds_bucket{engine="0",le="+Inf",model_name="m"} 100.0
    vllm:inter_token_latency_seconds_count{engine="0",model_name="m"} 100.0
    vllm:inter_token_latency_seconds_sum{engine="0",model_name="m"} 2.0
    vllm:time_per_output_token_seconds_bucket{engine="0",le="+Inf",model_name="m"} 7.0
    vllm:time_per_output_token_seconds_count{engine="0",model_name="m"} 7.0
    vllm:time_per_output_token_seconds_sum{engine="0",model_name="m"} 700.0
    vllm:request_queue_time_seconds_sum{engine="0",model_name="m"} 5.0
    vllm:request_queue_time_seconds_count{engine="0",model_name="m"} 100.0
    vllm:request_prefill_time_seconds_sum{engine="0",model_name="m"} 15.0
    vllm:request_prefill_time_seconds_count{engine="0",model_name="m"} 100.0
    vllm:request_decode_time_seconds_sum{engine="0",model_name="m"} 300.0
    vllm:request_decode_time_seconds_count{engine="0",model_name="m"} 100.0
    vllm:e2e_request_latency_seconds_sum{engine="0",model_name="m"} 320.0
    vllm:e2e_request_latency_seconds_count{engine="0",model_name="m"} 100.0
    vllm:request_prompt_tokens_sum{engine="0",model_name="m"} 1.5e+06
    vllm:request_prompt_tokens_count{engine="0",model_name="m"} 100.0
    vllm:request_generation_tokens_sum{engine="0",model_name="m"} 250000.0
    vllm:request_generation_tokens_count{engine="0",model_name="m"} 100.0
    vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="True",engine="0",num_gpu_blocks="27500"} 1.0
    vllm:cache_config_info{block_size="16",cache_dtype="auto",enable_prefix_caching="True",engine="1",num_gpu_blocks="27500"} 1.0
    vllm:lora_requests_info{max_lora="4",running_lora_adapters="old",waiting_lora_adapters=""} 1.7643216e+09
    vllm:lora_requests_info{max_lora="4",running_lora_adapters="math, sql",waiting_lora_adapters="law"} 1.764321700123e+09
    http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 101.0

    """

  /// vLLM's V0 engine.
  static let vllmV0 = """
    vllm:num_requests_running{model_name="m"} 2.0
    vllm:num_requests_swapped{model_name="m"} 1.0
    vllm:num_requests_waiting{model_name="m"} 5.0
    vllm:gpu_cache_usage_perc{model_name="m"} 0.5
    vllm:cpu_cache_usage_perc{model_name="m"} 0.125
    vllm:cpu_prefix_cache_hit_rate{model_name="m"} -1.0
    vllm:gpu_prefix_cache_hit_rate{model_name="m"} 0.75
    vllm:avg_prompt_throughput_toks_per_s{model_name="m"} 1200.0
    vllm:avg_generation_throughput_toks_per_s{model_name="m"} 340.5
    vllm:num_preemptions_total{model_name="m"} 0.0
    vllm:cache_config_info{block_size="32",num_cpu_blocks="2048",num_gpu_blocks="None"} 1.0
    vllm:time_to_first_token_seconds_sum{model_name="m"} 3.0
    vllm:time_to_first_token_seconds_count{model_name="m"} 4.0

    """

  static let sglang = """
    # HELP sglang:prompt_tokens_total Number of prefill tokens processed.
    # TYPE sglang:prompt_tokens_total counter
    sglang:prompt_tokens_total{model_name="m"} 8.128902e+06
    sglang:generation_tokens_total{model_name="m"} 7.557572e+06
    sglang:num_requests_total{model_name="m"} 4000.0
    # TYPE sglang:token_usage gauge
    sglang:token_usage{model_name="m"} 0.28
    sglang:cache_hit_rate{model_name="m"} 0.0075
    sglang:num_running_reqs{model_name="m"} 162.0
    sglang:num_queue_reqs{model_name="m"} 2826.0
    sglang:num_retracted_reqs{model_name="m"} 3.0
    sglang:gen_throughput{model_name="m"} 86.50814177726902
    sglang:time_to_first_token_seconds_sum{model_name="m"} 2.3518e+06
    sglang:time_to_first_token_seconds_bucket{le="0.001",model_name="m"} 0.0
    sglang:time_to_first_token_seconds_bucket{le="+Inf",model_name="m"} 11008.0
    sglang:time_to_first_token_seconds_count{model_name="m"} 11008.0
    sglang:inter_token_latency_seconds_sum{model_name="m"} 10.0
    sglang:inter_token_latency_seconds_count{model_name="m"} 400.0
    sglang:e2e_request_latency_seconds_sum{model_name="m"} 3.116093850019932e+06
    sglang:e2e_request_latency_seconds_count{model_name="m"} 11008.0

    """

  static let tensorRTLLM = """
    # TYPE trtllm_request_success_total counter
    trtllm_request_success_total{engine_type="trtllm",finished_reason="stop",model_name="m"} 8.0
    trtllm_request_success_total{engine_type="trtllm",finished_reason="length",model_name="m"} 2.0
    trtllm_kv_cache_hit_rate{engine_type="trtllm",model_name="m"} 0.4
    trtllm_kv_cache_utilization{engine_type="trtllm",model_name="m"} 0.6
    trtllm_time_to_first_token_seconds_sum{model_name="m"} 1.0
    trtllm_time_to_first_token_seconds_count{model_name="m"} 10.0
    trtllm_time_per_output_token_seconds_sum{model_name="m"} 0.5
    trtllm_time_per_output_token_seconds_count{model_name="m"} 10.0
    trtllm_request_queue_time_seconds_sum{model_name="m"} 0.1
    trtllm_request_queue_time_seconds_count{model_name="m"} 10.0
    trtllm_e2e_request_latency_seconds_sum{model_name="m"} 4.0
    trtllm_e2e_request_latency_seconds_count{model_name="m"} 10.0

    """

  static let xllm = """
    # TYPE kv_cache_utilization gauge
    kv_cache_utilization 0.125
    # TYPE engine_utilization gauge
    engine_utilization 0.875

    """

  /// The simulated engine with `--compat v0.5.0`.
  static let simulatorV050 = """
    # HELP vllm:num_requests_running Requests in processing.
    # TYPE vllm:num_requests_running gauge
    vllm:num_requests_running{model_name="llama"} 1
    vllm:num_requests_waiting{model_name="llama"} 0
    vllm:gpu_cache_usage_perc{model_name="llama"} 0.0625
    vllm:lora_requests_info{max_lora="6",running_lora_adapters="",waiting_lora_adapters=""} 1700000000

    """
}

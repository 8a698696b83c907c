/**
 * What attributes are called: by the GenAI conventions of OpenTelemetry and their older names, then by OpenInference. The first
 * that is given counts.
 */
export const NAMES = {
  agent: ['gen_ai.agent.name', 'gen_ai.agent.id', 'agent.name'],
  model: [
    'gen_ai.response.model',
    'gen_ai.request.model',
    'llm.response.model_name',
    'llm.model_name',
    'llm.request.model_name',
    'embedding.model_name',
    'reranker.model_name',
  ],
  /** Only a span of a tool's call has one; the second is the AI SDK's. */
  tool: ['gen_ai.tool.name', 'ai.toolCall.name'],
  session: ['gen_ai.conversation.id', 'session.id'],
  user: ['user.id', 'enduser.id'],
  input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt'],
  output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.token_count.completion'],
  cacheRead: ['gen_ai.usage.cache_read.input_tokens', 'llm.token_count.prompt_details.cache_read'],
  cacheWrite: ['gen_ai.usage.cache_creation.input_tokens', 'llm.token_count.prompt_details.cache_write'],
  reasoning: ['gen_ai.usage.reasoning.output_tokens', 'llm.token_count.completion_details.reasoning'],
  /** What a span is: of the GenAI conventions, of OpenInference, and of OpenLLMetry. */
  operation: ['gen_ai.operation.name'],
  kind: ['openinference.span.kind'],
  entity: ['traceloop.span.kind'],
  failure: ['error.type'],
  /** Of a program. */
  service: ['service.name'],
  project: ['service.namespace', 'openinference.project.name'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  host: ['host.name', 'host.id'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Every attribute that an event is made of. */
export const READ: ReadonlySet<string> = new Set(Object.values(NAMES).flat());

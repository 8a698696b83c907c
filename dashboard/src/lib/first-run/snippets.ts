/** How to send a first event, in the words of whoever is to send it. Pure. */
export interface Snippet {
  /** What it is written in or for, as people call it. */
  readonly name: string;
  /** What to do with it. */
  readonly use: string;
  readonly text: string;
}

/** Ways to send events to `url`; with a key they read it from `FLEETBEAT_KEY`. */
export function snippetsFor(url: string, withKey: boolean): readonly Snippet[] {
  return [
    { name: 'curl', use: 'Paste it into a terminal.', text: curl(url, withKey) },
    { name: 'Node', use: 'Save it as first-event.mjs and run node first-event.mjs.', text: node(url, withKey) },
    { name: 'Python', use: 'Save it as first_event.py and run python3 first_event.py.', text: python(url, withKey) },
    {
      name: 'OpenTelemetry',
      use: 'Where agents are traced by the GenAI conventions: pip install opentelemetry-sdk, and give your tracer this exporter. As it stands it sends one span.',
      text: openTelemetry(url, withKey),
    },
    {
      name: 'Telegraf',
      use: 'For hosts rather than agents: save it as fleetbeat.conf and run telegraf --config fleetbeat.conf.',
      text: telegraf(url, withKey),
    },
  ];
}

function curl(url: string, withKey: boolean): string {
  const key = withKey ? ` \\\n  -H "authorization: Bearer $FLEETBEAT_KEY"` : '';
  return `curl ${url}${key} \\
  -H 'content-type: application/json' \\
  -d '{"agent_id": "my-first-agent", "message_type": "agent_response",
       "content": "Hello", "response_time_ms": 420, "model_used": "my-model",
       "input_tokens": 1200, "output_tokens": 80}'`;
}

function node(url: string, withKey: boolean): string {
  const key = withKey ? '\n    authorization: `Bearer ${process.env.FLEETBEAT_KEY}`,' : '';
  return `const answer = await fetch('${url}', {
  method: 'POST',
  headers: {
    'content-type': 'application/json',${key}
  },
  body: JSON.stringify({
    agent_id: 'my-first-agent',
    message_type: 'agent_response',
    content: 'Hello',
    response_time_ms: 420,
    model_used: 'my-model',
    input_tokens: 1200,
    output_tokens: 80,
  }),
});
console.log(answer.status, await answer.text());`;
}

function python(url: string, withKey: boolean): string {
  return `import json${withKey ? ', os' : ''}, urllib.request

event = {
    "agent_id": "my-first-agent",
    "message_type": "agent_response",
    "content": "Hello",
    "response_time_ms": 420,
    "model_used": "my-model",
    "input_tokens": 1200,
    "output_tokens": 80,
}
request = urllib.request.Request(
    "${url}",
    data=json.dumps(event).encode(),
    headers={
        "Content-Type": "application/json",${withKey ? '\n        "Authorization": "Bearer " + os.environ["FLEETBEAT_KEY"],' : ''}
    },
)
with urllib.request.urlopen(request) as answer:
    print(answer.status, answer.read().decode())`;
}

/** Of spans within spans those of calls alone: an agent's own would count their tokens twice. */
function openTelemetry(url: string, withKey: boolean): string {
  return `import json${withKey ? ', os' : ''}, urllib.request
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

KINDS = {"chat": "agent_response", "generate_content": "agent_response",
         "text_completion": "agent_response", "execute_tool": "tool_call"}

class FleetbeatExporter(SpanExporter):
    def export(self, spans):
        lines = [json.dumps(self.event(span)) for span in spans
                 if span.attributes.get("gen_ai.operation.name") in KINDS]
        if not lines:
            return SpanExportResult.SUCCESS
        request = urllib.request.Request("${url}", data="\\n".join(lines).encode(), headers={
            "Content-Type": "application/x-ndjson",${withKey ? '\n            "Authorization": "Bearer " + os.environ["FLEETBEAT_KEY"],' : ''}
        })
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def event(self, span):
        told, failed = span.attributes, not span.status.is_ok
        event = {
            "id": f"{span.context.trace_id:032x}{span.context.span_id:016x}",
            "ts": span.end_time / 1e6,
            "agent_id": told.get("gen_ai.agent.name") or span.resource.attributes["service.name"],
            "message_type": "error" if failed else KINDS[told["gen_ai.operation.name"]],
            "error_details": span.status.description if failed else None,
            "response_time_ms": (span.end_time - span.start_time) / 1e6,
            "model_used": told.get("gen_ai.response.model", told.get("gen_ai.request.model")),
            "session_id": told.get("gen_ai.conversation.id"),
            "input_tokens": told.get("gen_ai.usage.input_tokens"),
            "output_tokens": told.get("gen_ai.usage.output_tokens"),
        }
        return {name: value for name, value in event.items() if value is not None}

provider = TracerProvider(resource=Resource.create({"service.name": "my-first-agent"}))
provider.add_span_processor(BatchSpanProcessor(FleetbeatExporter()))
trace.set_tracer_provider(provider)

with trace.get_tracer("first-span").start_as_current_span("chat my-model") as span:
    span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "my-model",
                         "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 80})
provider.shutdown()`;
}

/** A host's four figures come from four inputs: each is renamed, and those of one moment become one sample. */
function telegraf(url: string, withKey: boolean): string {
  const inputs = [
    ['cpu', 'usage_active', 'cpu_usage', 'percpu = false\n  totalcpu = true\n  report_active = true'],
    ['mem', 'used_percent', 'memory_usage', ''],
    ['disk', 'used_percent', 'disk_usage', 'mount_points = ["/"]'],
    ['system', 'uptime', 'uptime', ''],
  ] as const;
  const read = inputs.map(([input, field, , settings]) =>
    [`[[inputs.${input}]]`, settings, `fieldinclude = ["${field}"]`, 'taginclude = ["host"]']
      .filter((line) => line !== '')
      .join('\n  '),
  );
  const renamed = inputs.map(([input, field, dest]) =>
    [
      '[[processors.rename]]',
      `  namepass = ["${input}"]`,
      ...(field === dest ? [] : ['  [[processors.rename.replace]]', `    field = "${field}"`, `    dest = "${dest}"`]),
      '  [[processors.rename.replace]]',
      `    measurement = "${input}"`,
      '    dest = "host"',
    ].join('\n'),
  );
  return `[agent]
  interval = "10s"
  flush_interval = "10s"

${read.join('\n')}

${renamed.join('\n')}

[[aggregators.merge]]
  period = "10s"
  round_timestamp_to = "1s"
  drop_original = true

[[outputs.http]]
  url = "${url}"
  data_format = "template"
  template = '''{"host_id": "{{ .Tag "host" }}", "ts": {{ .Time.UnixMilli }}, "cpu_usage": {{ .Field "cpu_usage" }}, "memory_usage": {{ .Field "memory_usage" }}, "disk_usage": {{ .Field "disk_usage" }}, "uptime": {{ .Field "uptime" }}}
'''
  # The first sample lacks its CPU, which is measured between two.
  non_retryable_statuscodes = [400]
  [outputs.http.headers]
    Content-Type = "application/x-ndjson"${withKey ? '\n    Authorization = "Bearer ${FLEETBEAT_KEY}"' : ''}`;
}

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
      use: 'The variables are all that an agent needs that is traced by the GenAI conventions or OpenInference, in any language. The program sends one span.',
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

/** The gateway speaks OTLP: what is traced already needs its address, and nothing else. */
function openTelemetry(url: string, withKey: boolean): string {
  const key = withKey ? '\nexport OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20$FLEETBEAT_KEY"' : '';
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${new URL(url).origin}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf${key}
export OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none

pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
python3 -c '
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "my-first-agent"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("first-span").start_as_current_span("chat my-model") as span:
    span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "my-model",
                         "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 80})
provider.shutdown()
'`;
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

import type { List } from '@fleetbeat/contracts/api.ts';
import type { Template, Timeline, Workflow } from '@fleetbeat/contracts/workflows.ts';
import { get, send } from '../api/client.ts';

export interface WorkflowQuery {
  status?: string | undefined;
  template_id?: string | undefined;
  q?: string | undefined;
  cursor?: string | null | undefined;
  limit?: number | undefined;
}

const path = (workflowId: string) => `/workflows/${encodeURIComponent(workflowId)}`;

/** Workflows and their templates over REST. Every function rejects with an `ApiProblem`. */
export const workflowsApi = {
  list: (query: WorkflowQuery, signal?: AbortSignal) => get<List<Workflow>>('/workflows', { ...query }, signal),
  timeline: (workflowId: string, signal?: AbortSignal) => get<Timeline>(`${path(workflowId)}/timeline`, {}, signal),
  cancel: (workflowId: string) => send<Workflow>('POST', `${path(workflowId)}/cancel`),
  templates: (query: { cursor?: string | null; limit?: number }, signal?: AbortSignal) =>
    get<List<Template>>('/workflow-templates', query, signal),
  addTemplate: (template: unknown) => send<Template>('POST', '/workflow-templates', template),
  replaceTemplate: ({ template_id: id, revision }: Template, template: unknown) =>
    send<Template>('PUT', `/workflow-templates/${encodeURIComponent(id)}`, template, revision),
  removeTemplate: ({ template_id: id, revision }: Template) =>
    send<void>('DELETE', `/workflow-templates/${encodeURIComponent(id)}`, undefined, revision),
  run: (templateId: string, name: string) =>
    send<Workflow>('POST', `/workflow-templates/${encodeURIComponent(templateId)}/runs`, name === '' ? {} : { name }),
};

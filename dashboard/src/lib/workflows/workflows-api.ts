import type { Body, Place } from '@fleetbeat/contracts/client/client.ts';
import type { Template } from '@fleetbeat/contracts/workflows.ts';
import { ask } from '../api/ask.ts';

export type WorkflowQuery = NonNullable<Place<'get /workflows'>['query']>;
type NewTemplate = Body<'post /workflow-templates'>;

/** Workflows and their templates over REST. Every function rejects with an `ApiProblem`. */
export const workflowsApi = {
  list: (query: WorkflowQuery, signal?: AbortSignal) => ask('get /workflows', { query, signal }),
  timeline: (workflowId: string, signal?: AbortSignal) =>
    ask('get /workflows/{workflow_id}/timeline', { params: { workflow_id: workflowId }, signal }),
  cancel: (workflowId: string) => ask('post /workflows/{workflow_id}/cancel', { params: { workflow_id: workflowId } }),
  templates: (query: Place<'get /workflow-templates'>['query'], signal?: AbortSignal) =>
    ask('get /workflow-templates', { query, signal }),
  /** What is in a form may be anything: the API says what is wrong with it. */
  addTemplate: (template: unknown) => ask('post /workflow-templates', { body: template as NewTemplate }),
  /** Without a revision, whatever it is by now. */
  replaceTemplate: (
    { template_id, revision }: Pick<Template, 'template_id'> & { revision?: number | undefined },
    template: unknown,
  ) => ask('put /workflow-templates/{template_id}', { params: { template_id }, body: template as NewTemplate, revision }),
  removeTemplate: ({ template_id, revision }: Template) =>
    ask('delete /workflow-templates/{template_id}', { params: { template_id }, revision }),
  run: (templateId: string, name: string) =>
    ask('post /workflow-templates/{template_id}/runs', {
      params: { template_id: templateId },
      body: name === '' ? {} : { name },
    }),
};

import type { Random } from '../random.ts';
import { requestOf, type Call } from './calls.ts';
import type { PlannedWork } from './plan.ts';
import type { WorkLedger } from './work-ledger.ts';

/** Requests under way at a time. */
const MAKERS = 16;

/** Makes the planned tasks over the API: each request is one that must be done once, however often it is sent. */
export async function makeTasks(plan: PlannedWork, call: Call, random: Random, ledger: WorkLedger): Promise<void> {
  const requests = [
    ...plan.workflows.map(({ name, tasks: planned }) => {
      const tasks = planned.map((task) => ({
        key: task.name,
        name: task.name,
        priority: task.priority,
        depends_on: [...task.waitsFor],
        max_attempts: 100,
      }));
      return requestOf('post /workflows', { body: { name, workflow_id: name, tasks } }, name);
    }),
    ...plan.single.map(({ name, priority }) => requestOf('post /tasks', { body: { name, priority, max_attempts: 100 } }, name)),
  ];
  const left = requests.values();
  const maker = async (): Promise<void> => {
    for (const request of left) {
      const answers = await call(request, random);
      for (const { status, body } of answers) {
        if (status === 201) continue;
        ledger.differs({
          scope: request.key ?? '',
          field: 'answer to its making',
          expected: 201,
          actual: `${status} ${JSON.stringify(body).slice(0, 120)}`,
        });
      }
    }
  };
  await Promise.all(Array.from({ length: MAKERS }, maker));
}

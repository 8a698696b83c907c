import * as z from 'zod';

const reportSchema = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
});

/** Packages with a known vulnerability of level high or critical; null where the registry has not answered. */
export function graveVulnerabilities(auditOutput: string): string[] | null {
  const json = auditOutput.slice(auditOutput.indexOf('{'), auditOutput.lastIndexOf('}') + 1);
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return null;
  }
  const report = reportSchema.safeParse(answer);
  if (!report.success) return null;
  return Object.entries(report.data.vulnerabilities)
    .filter(([, { severity }]) => severity === 'high' || severity === 'critical')
    .map(([name, { severity, range }]) => `${name} ${range}: ${severity}`);
}

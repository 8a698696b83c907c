import { expect, it } from 'vitest';
import { graveVulnerabilities } from './audit-report.ts';

const report = (vulnerabilities: object): string => JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: {} });

it('names what is high or critical', () => {
  const some = {
    a: { name: 'a', severity: 'high', range: '<2' },
    b: { name: 'b', severity: 'moderate', range: '*' },
    c: { name: 'c', severity: 'critical', range: '1.0.0' },
  };
  expect(graveVulnerabilities(`npm warn something\n${report(some)}\n`)).toEqual(['a <2: high', 'c 1.0.0: critical']);
  expect(graveVulnerabilities(report({}))).toEqual([]);
});

it('tells a registry that does not answer from one that knows of nothing', () => {
  expect(graveVulnerabilities('{"message":"405 Method Not Allowed","statusCode":405,"error":{}}')).toBeNull();
  expect(graveVulnerabilities('npm error network')).toBeNull();
});

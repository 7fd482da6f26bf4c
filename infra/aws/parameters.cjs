// What serverless.yml computes from its parameters. Private API servers: --param "subnets=subnet-a,subnet-b"
// --param "securityGroups=sg-a"; they need a way out to Slack and to AWS (a NAT gateway, or endpoints).
const { readFileSync } = require('node:fs');
const { parse } = require('yaml');

const listOf = text => String(text ?? '').split(',').map(part => part.trim()).filter(part => part !== '');

module.exports = async ({ resolveVariable }) => {
  const subnetIds = listOf(await resolveVariable("param:subnets, ''"));
  const securityGroupIds = listOf(await resolveVariable("param:securityGroups, ''"));
  const isInVpc = subnetIds.length > 0;
  if (isInVpc && securityGroupIds.length === 0) throw new Error('subnets need securityGroups');
  const config = await resolveVariable("param:config, 'infra/aws/egress.config.yaml'");
  const settings = parse(readFileSync(config, 'utf8'));
  return {
    config,
    // onCommand knows these without reading the file.
    teams: listOf(settings.teams).join(','),
    vpc: isInVpc ? { subnetIds, securityGroupIds } : null,
    inVpc: isInVpc ? 'yes' : '',
    // Interfaces in the VPC are made with the function's own role.
    managedPolicies: isInVpc
      ? ['arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']
      : [],
  };
};

// Runs before the other entry points, on whatever Node there is: those are TypeScript, which older ones can't read.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6)) {
  console.error(
    `Countersign needs Node 22.18 or later to run, and this is ${process.versions.node}. npm install brings Node 24 along: ` +
      'run it again (without --ignore-scripts), and start with npm start or npm test.',
  );
  process.exit(1);
}

// npm compares with the Node that runs npm itself, and warns of packages that will run on the one it is just installing.
const npmRunsOn = /\bnode\/v(\d+)/.exec(process.env.npm_config_user_agent ?? '')?.[1];
if (process.env.npm_lifecycle_event === 'postinstall' && npmRunsOn && Number(npmRunsOn) < 22) {
  console.log(
    `npm's warnings of an unsupported engine are about Node ${npmRunsOn}. Countersign runs on Node ${major}, which this install brought.`,
  );
}

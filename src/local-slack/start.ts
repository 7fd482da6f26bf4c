/**
 * A Slack of one's own on the loopback interface: the Web API methods that this project calls, Socket Mode, and people
 * who type, press and submit. As strict as Slack's documentation, because tests and the demo page stand on it.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AppAddress, type Delivered, type DeliveryPorts, deliver, type Parcel } from './delivery.ts';
import type { Entered } from './entered.ts';
import { createFaults, type Faults } from './faults.ts';
import { closeView, type Press, type Pressed, press, type Submitted, submitView, suggest } from './interactions.ts';
import { type Clock, SYSTEM_CLOCK } from './model.ts';
import { createPace, type Pace } from './pace.ts';
import type { PersonPorts } from './person.ts';
import { createSockets, type Sockets } from './sockets.ts';
import { type CommandTyped, openAppHome, say, sendCommand, useShortcut } from './speech.ts';
import { createTickets } from './tickets.ts';
import { serveApi } from './web-api.ts';
import { createWorkspace, type Workspace, type WorkspaceSetup } from './workspace.ts';

/** What it starts with; everything has a default. */
export type LocalSlackOptions = {
  readonly setup?: Partial<WorkspaceSetup>;
  readonly clock?: Clock;
  /** 0: any free port. */
  readonly port?: number;
  /** null: as fast as the app likes. */
  readonly pace?: Pace | null;
  readonly onCall?: (call: { readonly method: string; readonly outcome: string }) => void;
  /** Told of every delivery to the app when it ended. */
  readonly onDelivered?: (parcel: Parcel, delivered: Delivered) => void;
};

/** A running local Slack. */
export type LocalSlack = {
  /** For `slackApiUrl`; ends in /api/. */
  readonly url: string;
  readonly appToken: string;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly state: Workspace;
  readonly faults: Faults;
  readonly sockets: Pick<Sockets, 'count' | 'refresh' | 'drop'>;
  /** Where the app listens from now on; until then nothing is delivered. */
  readonly deliverTo: (address: AppAddress) => void;
  readonly onChange: Workspace['onChange'];
  readonly command: (typed: CommandTyped) => Promise<Delivered>;
  readonly say: (said: Parameters<typeof say>[0]) => ReturnType<typeof say>;
  readonly shortcut: (used: Parameters<typeof useShortcut>[0]) => Promise<Delivered>;
  readonly openHome: (user: string) => Promise<Delivered>;
  readonly press: (pressed: Press) => Promise<Pressed>;
  readonly suggest: (typed: Parameters<typeof suggest>[0]) => ReturnType<typeof suggest>;
  readonly submitView: (user: string, entered: Entered) => Promise<Submitted>;
  readonly closeView: (user: string) => Promise<Delivered | null>;
  /** Makes the bot a member of a channel, as /invite does. */
  readonly invite: (channel: string) => void;
  readonly close: () => Promise<void>;
};

/** One message a second in a channel, and a burst of four more than that is let through. */
const SLACKS_PACE: Pace = { perSecond: 1, burst: 5 };

/** Starts it on 127.0.0.1. Rejects when the port is taken. */
export async function startLocalSlack(options: LocalSlackOptions = {}): Promise<LocalSlack> {
  const clock = options.clock ?? SYSTEM_CLOCK;
  const setup = { ...DEFAULT_SETUP, ...options.setup };
  const workspace = createWorkspace(setup, clock);
  const server = createServer();
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo | null)?.port ?? 0}`;
  const tickets = createTickets(clock, origin);
  const tokens = makeTokens();
  const { faults, effectOn } = createFaults();
  const sockets = createSockets({ clock, appId: setup.appId, admits: tickets.useSocketTicket });
  const paceOf = options.pace === null ? () => 0 : createPace(options.pace ?? SLACKS_PACE, clock);
  const onCall = options.onCall ?? (() => undefined);
  const world = () => ({ workspace, tickets, origin: origin() });
  const app = sender({ clock, sockets, signingSecret: tokens.signingSecret }, options.onDelivered);
  serveOn(server, sockets, () => {
    const socketUrl = () => `${origin().replace('http', 'ws')}/link?ticket=${tickets.socketTicket()}`;
    return { world: world(), ...tokens, socketUrl, effectOn, paceOf, onCall };
  });
  await listening(server, options.port ?? 0);
  // Whoever watches learns of repetitions as of every delivery.
  const onRepeated = () => undefined;
  const people = peopleOf({ world: world(), send: app.send, person: user => personOf(setup, user), onRepeated });
  return {
    url: `${origin()}/api/`,
    ...tokens,
    state: workspace,
    faults,
    sockets,
    deliverTo: app.deliverTo,
    onChange: workspace.onChange,
    ...people,
    invite: channel => invite(workspace, channel),
    close: () => closeAll(server, sockets),
  };
}

function makeTokens(): Pick<LocalSlack, 'appToken' | 'botToken' | 'signingSecret'> {
  const secret = (prefix: string) => `${prefix}${randomBytes(12).toString('hex')}`;
  return { appToken: secret('xapp-1-local-'), botToken: secret('xoxb-local-'), signingSecret: secret('') };
}

/** Sends to the app, wherever it listens by then. */
function sender(ports: Omit<DeliveryPorts, 'address'>, onDelivered: LocalSlackOptions['onDelivered']) {
  let address: AppAddress | null = null;
  return {
    deliverTo: (to: AppAddress): void => {
      address = to;
    },
    send: async (parcel: Parcel): Promise<Delivered> => {
      const delivered = await deliver(parcel, { ...ports, address: () => address });
      onDelivered?.(parcel, delivered);
      return delivered;
    },
  };
}

function serveOn(server: Server, sockets: Sockets, portsOf: () => Parameters<typeof serveApi>[2]): void {
  server.on('request', (request, response) => {
    serveApi(request, response, portsOf()).catch(() => request.socket.destroy());
  });
  server.on('upgrade', sockets.upgrade);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function invite(workspace: Workspace, channel: string): void {
  const known = workspace.channels.get(channel);
  if (known !== undefined) workspace.putChannel({ ...known, botIsMember: true });
}

async function closeAll(server: Server, sockets: Sockets): Promise<void> {
  sockets.close();
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
}

/** A small workspace: two channels, the bot in the first, three people, one group. */
const DEFAULT_SETUP: WorkspaceSetup = {
  team: 'T0LOCAL',
  appId: 'A0EGRESS',
  bot: { user: 'U0EGRESS', id: 'B0EGRESS', name: 'egress' },
  channels: [
    { id: 'C0INCIDENTS', name: 'incidents', topic: '', botIsMember: true, isArchived: false, members: null },
    { id: 'C0RANDOM', name: 'random', topic: '', botIsMember: false, isArchived: false, members: null },
  ],
  people: [
    { id: 'U0ADA', name: 'ada' },
    { id: 'U0BEN', name: 'ben' },
    { id: 'U0EVE', name: 'eve' },
  ],
  groups: [{ id: 'S0ONCALL', users: ['U0BEN'] }],
};

type People = Pick<
  LocalSlack,
  'command' | 'say' | 'shortcut' | 'openHome' | 'press' | 'suggest' | 'submitView' | 'closeView'
>;

function peopleOf(ports: PersonPorts): People {
  return {
    command: typed => sendCommand(typed, ports),
    say: said => say(said, ports),
    shortcut: used => useShortcut(used, ports),
    openHome: user => openAppHome(user, ports),
    press: pressed => press(pressed, ports),
    suggest: typed => suggest(typed, ports),
    submitView: (user, entered) => submitView(user, entered, ports),
    closeView: user => closeView(user, ports),
  };
}

function personOf({ people }: WorkspaceSetup, user: string) {
  const found = people.find(({ id }) => id === user);
  if (found === undefined) throw new Error(`nobody is ${user}`);
  return found;
}

// The two MAM reference clients behind one interface, and the random inputs that tests and vectors are made from.
import mamRust from '@iota/mam';
import * as mamScript from '@iota/mam.js';

export const ALPHABET = '9ABCDEFGHIJKLMNOPQRSTUVWXYZ';

// Reproducible: the same seed gives the same inputs (xorshift32).
export class Random {
  constructor(seed) {
    this.state = seed >>> 0 || 1;
  }
  below(bound) {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    this.state >>>= 0;
    return this.state % bound;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  trytes(length) {
    return Array.from({ length }, () => ALPHABET[this.below(27)]).join('');
  }
  ascii(length) {
    return Array.from({ length }, () => String.fromCharCode(this.below(128))).join('');
  }
}

export const trytesFromAscii = (text) => mamScript.TrytesHelper.fromAscii(text);

// A channel's first messages, several under one root: one tree after the other, `leaves` in each.
export const treeMakers = {
  '@iota/mam.js'(channel, leaves, messages) {
    const state = mamScript.createChannel(channel.seed, channel.security, channel.mode, channel.side_key ?? undefined);
    Object.assign(state, { count: leaves, nextCount: leaves });
    return messages.map((message) => {
      const { payload, root, address } = mamScript.createMessage(state, message);
      return { payload, root, address, next_root: state.nextRoot };
    });
  },
  '@iota/mam'(channel, leaves, messages) {
    const state = mamRust.init('http://127.0.0.1:1', channel.seed, channel.security);
    mamRust.changeMode(state, channel.mode, channel.side_key);
    Object.assign(state.channel, { count: leaves, next_count: leaves });
    return messages.map((message) => {
      const { payload, root, address, state: after } = mamRust.create(state, message);
      state.channel = after.channel;
      return { payload, root, address, next_root: after.channel.next_root };
    });
  },
};

// channel: { seed, mode, side_key (null unless restricted), security, index }; message: trytes.
export const clients = {
  '@iota/mam.js': {
    create(channel, message) {
      const state = mamScript.createChannel(channel.seed, channel.security, channel.mode, channel.side_key ?? undefined);
      state.start = channel.index;
      const { payload, root, address } = mamScript.createMessage(state, message);
      return { payload, root, address, next_root: state.nextRoot };
    },
    open(payload, root, sideKey) {
      const { message, nextRoot } = mamScript.parseMessage(payload, root, sideKey?.padEnd(81, '9'));
      return { message, next_root: nextRoot };
    },
  },
  '@iota/mam': {
    create(channel, message) {
      const state = mamRust.init('http://127.0.0.1:1', channel.seed, channel.security);
      mamRust.changeMode(state, channel.mode, channel.side_key);
      state.channel.start = channel.index;
      const created = mamRust.create(state, message);
      return {
        payload: created.payload,
        root: created.root,
        address: created.address,
        next_root: created.state.channel.next_root,
      };
    },
    open(payload, root, sideKey) {
      const { payload: message, next_root } = mamRust.decode(payload, sideKey, root);
      return { message, next_root };
    },
  },
};

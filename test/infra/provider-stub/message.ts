// The few messages of Terraform's plugin protocol 6 that the stub answers with, as Protocol Buffers on the wire.
// Field numbers: tfplugin6.proto in hashicorp/terraform, docs/plugin-protocol.
import type { Attribute, Block, ProviderSchema } from "./schema.ts";

/** Schema.NestedBlock.NestingMode and Schema.Object.NestingMode count the same. */
const nestingModes: Readonly<Record<string, number>> = { struct: 1, list: 2, set: 3, map: 4 };

/** GetProviderSchema.Response */
export function providerSchema({ config, resources, data }: ProviderSchema): Buffer {
  return Buffer.concat([
    field(1, schema(config)),
    ...Object.entries(resources).map(([name, block]) => entry(2, name, schema(block))),
    ...Object.entries(data).map(([name, block]) => entry(3, name, schema(block))),
  ]);
}

/** HealthCheckResponse, SERVING. */
export const serving = varintField(1, 1);

/** ReadDataSource.Response and its like: the stub neither plans nor reads. */
export function refusal(method: string): Buffer {
  const diagnostic = Buffer.concat([
    varintField(1, 1),
    field(2, Buffer.from(`the stub knows schemas only and has no ${method}`)),
  ]);
  return field(2, diagnostic);
}

function schema(block: Block): Buffer {
  return field(2, blockMessage(block));
}

function blockMessage({ attributes, blocks }: Block): Buffer {
  return Buffer.concat([
    ...Object.entries(attributes).map(([name, attribute]) =>
      field(2, attributeMessage(name, attribute)),
    ),
    ...Object.entries(blocks).map(([name, block]) =>
      field(
        3,
        Buffer.concat([
          field(1, Buffer.from(name)),
          field(2, blockMessage(block)),
          varintField(3, nestingModes[block.nesting] ?? 2),
        ]),
      ),
    ),
  ]);
}

function attributeMessage(name: string, attribute: Attribute): Buffer {
  const { required, optional, computed, type, nested, nesting = "struct" } = attribute;
  return Buffer.concat([
    field(1, Buffer.from(name)),
    ...(nested === undefined ? [field(2, Buffer.from(JSON.stringify(type)))] : []),
    ...(required ? [varintField(4, 1)] : []),
    ...(optional ? [varintField(5, 1)] : []),
    ...(computed ? [varintField(6, 1)] : []),
    ...(nested === undefined ? [] : [field(10, objectMessage(nested, nesting))]),
  ]);
}

function objectMessage({ attributes }: Block, nesting: string): Buffer {
  return Buffer.concat([
    ...Object.entries(attributes).map(([name, attribute]) =>
      field(1, attributeMessage(name, attribute)),
    ),
    varintField(3, nestingModes[nesting] ?? 1),
  ]);
}

/** One entry of a map<string, message>. */
function entry(number: number, key: string, value: Buffer): Buffer {
  return field(number, Buffer.concat([field(1, Buffer.from(key)), field(2, value)]));
}

/** A length-delimited field: string, bytes or message. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

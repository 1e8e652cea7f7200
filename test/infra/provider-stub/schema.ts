// A provider's schema, as the stub keeps and serves it.
export interface Attribute {
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  /** As cty writes types in JSON: "string", ["list", "string"]; absent where `nested` stands. */
  readonly type?: unknown;
  readonly nested?: Block;
  /** Of `nested`: struct, list, set or map. */
  readonly nesting?: string;
}

export interface Block {
  readonly attributes: Record<string, Attribute>;
  readonly blocks: Record<string, Block & { readonly nesting: string }>;
}

export interface ProviderSchema {
  readonly provider: string;
  /** Of the provider it was transcribed from. */
  readonly version: string;
  readonly source: string;
  readonly config: Block;
  readonly resources: Record<string, Block>;
  readonly data: Record<string, Block>;
}

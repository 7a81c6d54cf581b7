import { common, plain, storing, type Operation } from './operation.ts';

/** Objects, their attributes and properties. */
export const objectOperations: readonly Operation[] = [
  common('2OP:6', 'jin', ['branches']),
  common('2OP:10', 'test_attr', ['branches']),
  plain('2OP:11', 'set_attr', ({ objects }, object, attribute) => objects.setAttribute(object, attribute)),
  plain('2OP:12', 'clear_attr', ({ objects }, object, attribute) => objects.clearAttribute(object, attribute)),
  plain('2OP:14', 'insert_obj', ({ objects }, object, parent) => objects.insert(object, parent)),
  common('2OP:17', 'get_prop', ['stores']),
  common('2OP:18', 'get_prop_addr', ['stores']),
  storing('2OP:19', 'get_next_prop', ({ objects }, object, property) => objects.nextProperty(object, property)),
  common('1OP:129', 'get_sibling', ['stores', 'branches']),
  common('1OP:130', 'get_child', ['stores', 'branches']),
  common('1OP:131', 'get_parent', ['stores']),
  common('1OP:132', 'get_prop_len', ['stores']),
  plain('1OP:137', 'remove_obj', ({ objects }, object) => objects.remove(object)),
  plain('VAR:227', 'put_prop', ({ objects }, object, property, value) => objects.setProperty(object, property, value)),
];

import { branching, plain, searching, storing, type Operation } from './operation.ts';

/** Objects, their attributes and properties. */
export const objectOperations: readonly Operation[] = [
  branching('2OP:6', 'jin', ({ objects }, object, parent) => objects.parent(object) === parent),
  branching('2OP:10', 'test_attr', ({ objects }, object, attribute) => objects.hasAttribute(object, attribute)),
  plain('2OP:11', 'set_attr', ({ objects }, object, attribute) => objects.setAttribute(object, attribute)),
  plain('2OP:12', 'clear_attr', ({ objects }, object, attribute) => objects.clearAttribute(object, attribute)),
  plain('2OP:14', 'insert_obj', ({ objects }, object, parent) => objects.insert(object, parent)),
  storing('2OP:17', 'get_prop', ({ objects }, object, property) => objects.property(object, property)),
  storing('2OP:18', 'get_prop_addr', ({ objects }, object, property) => objects.propertyAddress(object, property)),
  storing('2OP:19', 'get_next_prop', ({ objects }, object, property) => objects.nextProperty(object, property)),
  searching('1OP:129', 'get_sibling', ({ objects }, object) => objects.sibling(object)),
  searching('1OP:130', 'get_child', ({ objects }, object) => objects.child(object)),
  storing('1OP:131', 'get_parent', ({ objects }, object) => objects.parent(object)),
  storing('1OP:132', 'get_prop_len', ({ objects }, address) => objects.propertyLength(address)),
  plain('1OP:137', 'remove_obj', ({ objects }, object) => objects.remove(object)),
  plain('VAR:227', 'put_prop', ({ objects }, object, property, value) => objects.setProperty(object, property, value)),
];

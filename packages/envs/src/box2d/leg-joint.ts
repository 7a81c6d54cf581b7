import { RevoluteJoint, Settings, type RevoluteJointDef } from 'planck';

/** What planck's solver moves of a body. */
interface MovingBody {
  readonly c_velocity: { readonly v: Point; w: number };
  readonly c_position: { readonly c: Point; a: number };
}

interface Point {
  x: number;
  y: number;
}

interface Numbers extends Point {
  z: number;
}

/** Which of its limits a joint is at, as planck counts them. */
const AT_NONE = 0;
const AT_LOWER = 1;
const AT_UPPER = 2;

/**
 * planck's revolute joint with a motor and two different limits, of bodies that turn, to the same bits in a fraction of the time. Of a step of
 * LunarLander-v3 four fifths went into these joints, which are solved 180 times each: planck's code makes some ten vectors each time, 200 KB of garbage
 * in a step, for which threads then need the caches that they share. Here are the same operations in the same order on numbers alone.
 * It reads what planck 1.5.0 calls internal.
 */
export class LegJoint extends RevoluteJoint {
  declare private readonly m_bodyA: MovingBody;
  declare private readonly m_bodyB: MovingBody;
  declare private readonly m_invMassA: number;
  declare private readonly m_invMassB: number;
  declare private readonly m_invIA: number;
  declare private readonly m_invIB: number;
  declare private readonly m_rA: Readonly<Point>;
  declare private readonly m_rB: Readonly<Point>;
  declare private readonly m_localAnchorA: Readonly<Point>;
  declare private readonly m_localAnchorB: Readonly<Point>;
  declare private readonly m_localCenterA: Readonly<Point>;
  declare private readonly m_localCenterB: Readonly<Point>;
  declare private readonly m_referenceAngle: number;
  declare private readonly m_lowerAngle: number;
  declare private readonly m_upperAngle: number;
  /** The effective mass of the point and the angle, by columns. */
  declare private readonly m_mass: Readonly<Record<'ex' | 'ey' | 'ez', Readonly<Numbers>>>;
  declare private readonly m_motorMass: number;
  declare private readonly m_motorSpeed: number;
  declare private readonly m_maxMotorTorque: number;
  declare private readonly m_limitState: number;
  declare private readonly m_impulse: Numbers;
  declare private m_motorImpulse: number;

  constructor(definition: Omit<RevoluteJointDef, 'enableMotor' | 'enableLimit'>) {
    super({ ...definition, enableMotor: true, enableLimit: true });
  }

  override solveVelocityConstraints(step: { readonly dt: number }): void {
    const velocityA = this.m_bodyA.c_velocity;
    const velocityB = this.m_bodyB.c_velocity;
    const { v: vA } = velocityA;
    const { v: vB } = velocityB;
    let wA = velocityA.w;
    let wB = velocityB.w;
    const iA = this.m_invIA;
    const iB = this.m_invIB;
    const { x: rAx, y: rAy } = this.m_rA;
    const { x: rBx, y: rBy } = this.m_rB;
    const { ex, ey, ez } = this.m_mass;
    const total = this.m_impulse;

    // The motor turns the bodies as fast as its torque allows.
    const before = this.m_motorImpulse;
    const largest = step.dt * this.m_maxMotorTorque;
    const wanted = before + -this.m_motorMass * (wB - wA - this.m_motorSpeed);
    const motor = clamp(wanted, -largest, largest);
    this.m_motorImpulse = motor;
    wA -= iA * (motor - before);
    wB += iB * (motor - before);

    // How fast the bodies' points move apart. Sums begin with 0, which makes zeros of both signs positive, as in planck's.
    const apartX = 0 + (vB.x + -wB * rBy) - (vA.x + -wA * rAy);
    const apartY = 0 + (vB.y + wB * rBx) - (vA.y + wA * rAx);
    let impulseX: number;
    let impulseY: number;
    const state = this.m_limitState;
    if (state === AT_NONE) {
      const inverse = inverseOf(ex.x * ey.y - ey.x * ex.y);
      impulseX = inverse * (ey.y * -apartX - ey.x * -apartY);
      impulseY = inverse * (ex.x * -apartY - ex.y * -apartX);
      total.x += impulseX;
      total.y += impulseY;
      wA -= iA * (rAx * impulseY - rAy * impulseX);
      wB += iB * (rBx * impulseY - rBy * impulseX);
    } else {
      const apartZ = wB - wA;
      const crossX = ey.y * ez.z - ey.z * ez.y;
      const crossY = ey.z * ez.x - ey.x * ez.z;
      const crossZ = ey.x * ez.y - ey.y * ez.x;
      const inverse = inverseOf(ex.x * crossX + ex.y * crossY + ex.z * crossZ);
      impulseX = -(inverse * (apartX * crossX + apartY * crossY + apartZ * crossZ));
      impulseY = -(
        inverse *
        (ex.x * (apartY * ez.z - apartZ * ez.y) +
          ex.y * (apartZ * ez.x - apartX * ez.z) +
          ex.z * (apartX * ez.y - apartY * ez.x))
      );
      let impulseZ = -(
        inverse *
        (ex.x * (ey.y * apartZ - ey.z * apartY) +
          ex.y * (ey.z * apartX - ey.x * apartZ) +
          ex.z * (ey.x * apartY - ey.y * apartX))
      );
      const next = total.z + impulseZ;
      if ((state === AT_LOWER && next < 0) || (state === AT_UPPER && next > 0)) {
        // The limit would pull: it lets go, and only the points are held together.
        const rightX = -apartX + total.z * ez.x;
        const rightY = -apartY + total.z * ez.y;
        const inverse22 = inverseOf(ex.x * ey.y - ey.x * ex.y);
        impulseX = inverse22 * (ey.y * rightX - ey.x * rightY);
        impulseY = inverse22 * (ex.x * rightY - ex.y * rightX);
        impulseZ = -total.z;
        total.z = 0;
      } else {
        total.z = next;
      }
      total.x += impulseX;
      total.y += impulseY;
      wA -= iA * (rAx * impulseY - rAy * impulseX + impulseZ);
      wB += iB * (rBx * impulseY - rBy * impulseX + impulseZ);
    }

    vA.x -= this.m_invMassA * impulseX;
    vA.y -= this.m_invMassA * impulseY;
    vB.x += this.m_invMassB * impulseX;
    vB.y += this.m_invMassB * impulseY;
    velocityA.w = wA;
    velocityB.w = wB;
  }

  override solvePositionConstraints(): boolean {
    const positionA = this.m_bodyA.c_position;
    const positionB = this.m_bodyB.c_position;
    const { c: cA } = positionA;
    const { c: cB } = positionB;
    let aA = positionA.a;
    let aB = positionB.a;
    const mA = this.m_invMassA;
    const mB = this.m_invMassB;
    const iA = this.m_invIA;
    const iB = this.m_invIB;

    // The angle is turned back to its limit.
    let tooFar = 0;
    const state = this.m_limitState;
    if (state !== AT_NONE) {
      const { angularSlop, maxAngularCorrection } = Settings;
      const angle = aB - aA - this.m_referenceAngle;
      const beyond = state === AT_LOWER ? angle - this.m_lowerAngle : angle - this.m_upperAngle;
      tooFar = state === AT_LOWER ? -beyond : beyond;
      const turn =
        -this.m_motorMass *
        (state === AT_LOWER
          ? clamp(beyond + angularSlop, -maxAngularCorrection, 0)
          : clamp(beyond - angularSlop, 0, maxAngularCorrection));
      aA -= iA * turn;
      aB += iB * turn;
    }

    // The bodies' points are moved together.
    const sinA = Math.sin(aA);
    const cosA = Math.cos(aA);
    const sinB = Math.sin(aB);
    const cosB = Math.cos(aB);
    const anchorAx = this.m_localAnchorA.x - this.m_localCenterA.x;
    const anchorAy = this.m_localAnchorA.y - this.m_localCenterA.y;
    const anchorBx = this.m_localAnchorB.x - this.m_localCenterB.x;
    const anchorBy = this.m_localAnchorB.y - this.m_localCenterB.y;
    const rAx = cosA * anchorAx - sinA * anchorAy;
    const rAy = sinA * anchorAx + cosA * anchorAy;
    const rBx = cosB * anchorBx - sinB * anchorBy;
    const rBy = sinB * anchorBx + cosB * anchorBy;
    const apartX = 0 + (cB.x + rBx) - (cA.x + rAx);
    const apartY = 0 + (cB.y + rBy) - (cA.y + rAy);
    const xx = mA + mB + iA * rAy * rAy + iB * rBy * rBy;
    const xy = -iA * rAx * rAy - iB * rBx * rBy;
    const yy = mA + mB + iA * rAx * rAx + iB * rBx * rBx;
    const inverse = inverseOf(xx * yy - xy * xy);
    const impulseX = -(inverse * (yy * apartX - xy * apartY));
    const impulseY = -(inverse * (xx * apartY - xy * apartX));

    cA.x -= mA * impulseX;
    cA.y -= mA * impulseY;
    positionA.a = aA - iA * (rAx * impulseY - rAy * impulseX);
    cB.x += mB * impulseX;
    cB.y += mB * impulseY;
    positionB.a = aB + iB * (rBx * impulseY - rBy * impulseX);
    const apart = Math.sqrt(apartX * apartX + apartY * apartY);
    return apart <= Settings.linearSlop && tooFar <= Settings.angularSlop;
  }
}

function inverseOf(determinant: number): number {
  return determinant === 0 ? determinant : 1 / determinant;
}

function clamp(value: number, lowest: number, highest: number): number {
  return value < lowest ? lowest : value > highest ? highest : value;
}
